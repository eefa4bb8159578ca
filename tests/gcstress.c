/* For tests/gcstress.lua: collects garbage inside the bindings' own calls of
   Lua.

   The Makefile links the bindings with this file and --wrap, so that what they
   call of Lua is called here first: each function that may make an object or
   run a metamethod, and so a finalizer. */
#include <lauxlib.h>
#include <lua.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "core/comm/communicator.h"

LUAMOD_API int luaopen_gcstress(lua_State *L);

static struct {
    lua_Integer left; /* calls until the collection; 0: none */
    bool is_hit;
} stress;

static const char finalizer_key; /* its address is the key in the registry */

/* Runs the finalizer by collecting an object that has it, then collects what it
   has dropped: a userdata's memory goes in the cycle after its own
   finalizer. */
static void collect(lua_State *L)
{
    if (stress.left == 0 || --stress.left > 0)
        return;
    stress.is_hit = true;
    luaL_checkstack(L, 4, NULL);
    lua_newtable(L);
    lua_newtable(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &finalizer_key);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
    for (int i = 0; i < 3; i++)
        lua_gc(L, LUA_GCCOLLECT);
}

/* arm(n, f): the n-th call from now on runs f as a finalizer. */
static int arm(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &finalizer_key);
    stress.is_hit = false;
    stress.left = luaL_checkinteger(L, 1);
    return 0;
}

/* disarm() -> whether it ran */
static int disarm(lua_State *L)
{
    stress.left = 0;
    lua_pushboolean(L, stress.is_hit);
    return 1;
}

/* --- a communicator of one rank ---------------------------------------------
 */

static pg_status no_gather(pg_comm *comm, void *buffer, const size_t *bytes,
                           pg_error *err)
{
    (void)comm, (void)buffer, (void)bytes, (void)err;
    return PG_OK;
}

static pg_status to_itself(pg_comm *comm, void *received,
                           const size_t *received_bytes, const void *sent,
                           const size_t *sent_bytes, pg_error *err)
{
    (void)comm, (void)sent_bytes, (void)err;
    memcpy(received, sent, received_bytes[0]);
    return PG_OK;
}

static pg_status no_broadcast(pg_comm *comm, void *buffer, size_t bytes,
                              int root, pg_error *err)
{
    (void)comm, (void)buffer, (void)bytes, (void)root, (void)err;
    return PG_OK;
}

/* communicator() */
static int communicator(lua_State *L)
{
    static const pg_comm_calls calls = {.all_gather = no_gather,
                                        .all_to_all = to_itself,
                                        .broadcast = no_broadcast};
    static pg_meeting meeting;
    static size_t parts[2];
    static pg_comm comm = {.bytes = sizeof comm,
                           .size = 1,
                           .calls = &calls,
                           .meetings = &meeting,
                           .parts = parts};
    pg_comm **address = lua_newuserdatauv(L, sizeof *address, 0);
    *address = &comm;
    luaL_newmetatable(L, "perigee.comm");
    lua_setmetatable(L, -2);
    return 1;
}

int luaopen_gcstress(lua_State *L)
{
    static const luaL_Reg functions[] = {{"arm", arm},
                                         {"disarm", disarm},
                                         {"communicator", communicator},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}

/* --- Lua's functions, as the bindings see them ------------------------------

   Each collects when its work is done, as Lua does: text that is pushed was
   copied by then. */

#define WRAP(type, name, parameters, arguments) \
    type __real_##name parameters;              \
    type __wrap_##name parameters;              \
    type __wrap_##name parameters               \
    {                                           \
        type result = __real_##name arguments;  \
        collect(L);                             \
        return result;                          \
    }

WRAP(void *, lua_newuserdatauv, (lua_State * L, size_t size, int n),
     (L, size, n))
WRAP(const char *, lua_pushstring, (lua_State * L, const char *s), (L, s))
WRAP(const char *, lua_pushlstring, (lua_State * L, const char *s, size_t n),
     (L, s, n))
WRAP(int, lua_geti, (lua_State * L, int index, lua_Integer i), (L, index, i))
WRAP(int, lua_getfield, (lua_State * L, int index, const char *key),
     (L, index, key))
WRAP(lua_Integer, luaL_len, (lua_State * L, int index), (L, index))

/* Functions that return nothing, or take any number of arguments. */
void __real_lua_createtable(lua_State *L, int elements, int fields);
void __wrap_lua_createtable(lua_State *L, int elements, int fields);
void __wrap_lua_createtable(lua_State *L, int elements, int fields)
{
    __real_lua_createtable(L, elements, fields);
    collect(L);
}

const char *__wrap_lua_pushfstring(lua_State *L, const char *format, ...);
const char *__wrap_lua_pushfstring(lua_State *L, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    collect(L);
    return text;
}
