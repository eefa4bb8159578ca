/* The states of the module's generator and of Lua's math.random. */
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "bind/base/arguments.h"
#include "bind/base/function.h"
#include "bind/base/open.h"
#include "bind/ops/random.h"

/* Pushes the generator of Lua's math.random, which is the function's first
   upvalue. NULL, with anything pushed, if another function has its name. */
static void *push_lua_generator(lua_State *L, size_t *bytes)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (lua_getfield(L, -1, LUA_MATHLIBNAME) != LUA_TTABLE)
        return NULL;
    lua_pushliteral(L, "random");
    lua_rawget(L, -2);
    if (!lua_iscfunction(L, -1) || !lua_getupvalue(L, -1, 1) ||
        lua_type(L, -1) != LUA_TUSERDATA)
        return NULL;
    *bytes = lua_rawlen(L, -1);
    return lua_touserdata(L, -1);
}

/* lua_random([state]) -> the state of math.random as a string, or nil; sets it
   first if such a string is given */
static int l_random_of_lua(lua_State *L)
{
    size_t bytes, length = 0;
    const char *state =
        lua_isnoneornil(L, 1) ? NULL : l_string_check(L, 1, &length);
    void *generator = push_lua_generator(L, &bytes);
    if (!generator)
        return 0;
    if (state && length == bytes)
        memcpy(generator, state, bytes);
    lua_pushlstring(L, generator, bytes);
    return 1;
}

/* The states of both generators, which are restored when the value is closed:
   in C, for the reason in process.c. */
#define L_GENERATORS "perigee.generators"

/* Stack positions: the value, and one that is kept empty. */
enum { GENERATORS = 1, NO_GENERATOR };

typedef struct l_generators {
    bool is_held;
    pg_random own; /* state of the module's generator */
    void *of_lua;  /* Lua's generator, kept by the user value; or NULL */
    size_t bytes;
    unsigned char state[64]; /* of Lua's generator */
} l_generators;

static int l_generators_close(lua_State *L)
{
    l_generators *g = l_userdata_check(L, GENERATORS, L_GENERATORS);
    if (!g->is_held)
        return 0;
    lua_settop(L, GENERATORS); /* Lua passes an error behind it */
    g->is_held = false;
    *l_random_opt(L, NO_GENERATOR) = g->own;
    if (g->of_lua)
        memcpy(g->of_lua, g->state, g->bytes);
    return 0;
}

/* hold_generators() -> a value; its end restores the present states of the
   module's generator and of math.random */
static int l_random_hold(lua_State *L)
{
    lua_settop(L, 0);
    l_generators *g = lua_newuserdatauv(L, sizeof *g, 1);
    memset(g, 0, sizeof *g);
    luaL_setmetatable(L, L_GENERATORS);
    g->own = *l_random_opt(L, NO_GENERATOR);
    void *of_lua = push_lua_generator(L, &g->bytes);
    if (of_lua && g->bytes <= sizeof g->state) {
        lua_setiuservalue(L, GENERATORS, 1);
        g->of_lua = of_lua;
        memcpy(g->state, of_lua, g->bytes);
    }
    g->is_held = true;
    lua_settop(L, GENERATORS);
    return 1;
}

static const l_function functions[] = {
    {"lua_random", l_random_of_lua, 0, 1, 0},
    {"hold_generators", l_random_hold, 0, 0, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_random_state(lua_State *L)
{
    luaL_newmetatable(L, L_GENERATORS);
    lua_pushcfunction(L, l_generators_close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
    l_add_functions(L, functions, NULL);
}
