/* The states of the module's generator and of Lua's math.random. */
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "bind/base/arguments.h"
#include "bind/base/function.h"
#include "bind/base/open.h"
#include "bind/ops/random.h"

/* Pushes the generator of Lua's math.random: the userdata that the function has
   for its first upvalue; NULL where another function has taken its place. */
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

/* lua_random([state]) -> the state of math.random as a text, or nil; or sets
   it to such a text. */
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

/* Both generators' numbers, which are put back when the value is closed, by C
   alone (process.c says why). */
#define L_GENERATORS "perigee.generators"

typedef struct l_generators {
    bool is_held;
    pg_random own;
    void *of_lua;
    size_t bytes;
    unsigned char state[64];
} l_generators;

static int l_generators_close(lua_State *L)
{
    l_generators *g = l_userdata_check(L, 1, L_GENERATORS);
    if (!g->is_held)
        return 0;
    lua_settop(L, 1); /* an error may stand behind */
    g->is_held = false;
    *l_random_opt(L, 2) = g->own;
    if (g->of_lua)
        memcpy(g->of_lua, g->state, g->bytes);
    return 0;
}

/* hold_generators() -> a value; where it ends, the module's generator and
   math.random are as they are now */
static int l_random_hold(lua_State *L)
{
    lua_settop(L, 0);
    l_generators *g = lua_newuserdatauv(L, sizeof *g, 1);
    memset(g, 0, sizeof *g);
    luaL_setmetatable(L, L_GENERATORS);
    g->own = *l_random_opt(L, 2);
    void *of_lua = push_lua_generator(L, &g->bytes);
    if (of_lua && g->bytes <= sizeof g->state) {
        lua_setiuservalue(L, 1, 1); /* which keeps it */
        g->of_lua = of_lua;
        memcpy(g->state, of_lua, g->bytes);
    }
    g->is_held = true;
    lua_settop(L, 1);
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
