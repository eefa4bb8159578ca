/* Lua's own memory: a heap that grows asks what the system can still give. For
   the prompt, whose session is lost with its process. */
#include <lauxlib.h>

#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "core/base/memory.h"

static const char sentinel_key; /* its address is the key in the registry */

/* Userdata, but for what outlives it: Lua frees the last of its memory by
   itself, so a guard ends before its state does. */
typedef struct l_guard {
    lua_Alloc allocate; /* Lua's own; NULL: there is no guard */
    void *context;
    size_t grown; /* bytes, since the system was asked */
} l_guard;

/* What shrinks cannot fail. Lua, told that there is nothing, collects its
   garbage and tries again: so it is asked again, until there is enough. */
static void *allocate_guarded(void *context, void *block, size_t old,
                              size_t new)
{
    l_guard *g = context;
    size_t before = block ? old : 0;
    if (new > before) {
        g->grown += new - before;
        if (g->grown >= PG_MEMORY_STEP) {
            if (!pg_memory_has(new)) {
                g->grown = PG_MEMORY_STEP;
                return NULL;
            }
            g->grown = 0;
        }
    }
    return g->allocate(g->context, block, old, new);
}

static l_guard *guard_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &sentinel_key);
    l_guard *g = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return g;
}

static void end_guard(lua_State *L, l_guard *g)
{
    if (g->allocate)
        lua_setallocf(L, g->allocate, g->context);
    *g = (l_guard){0};
}

static int l_guard_end(lua_State *L)
{
    end_guard(L, lua_touserdata(L, 1));
    return 0;
}

/* guard_memory(on): Lua raises "not enough memory" before the system has none.
 */
static int l_memory_guard(lua_State *L)
{
    l_guard *g = guard_of(L);
    l_type_check(L, 1, LUA_TBOOLEAN);
    end_guard(L, g);
    if (lua_toboolean(L, 1)) {
        g->allocate = lua_getallocf(L, &g->context);
        lua_setallocf(L, allocate_guarded, g);
    }
    return 0;
}

/* limit_memory([more]): this process may have so many bytes more than it has
   now; without a number, what the system has. For tests. */
static int l_memory_limit(lua_State *L)
{
    bool none = lua_isnoneornil(L, 1);
    pg_memory_limit(none ? SIZE_MAX : l_length_check(L, 1));
    return 0;
}

static const luaL_Reg functions[] = {
    {"guard_memory", l_memory_guard},
    {"limit_memory", l_memory_limit},
    {NULL, NULL},
};

void l_open_memory(lua_State *L)
{
    l_guard *g = lua_newuserdatauv(L, sizeof *g, 0);
    *g = (l_guard){0};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_guard_end);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sentinel_key);
    luaL_setfuncs(L, functions, 0);
}
