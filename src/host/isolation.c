/* The prompt's own functions, isolated from what a chunk can change under every
   Lua function: the metatable of strings and the hook. Without it,
   `string.find = nil`, `getmetatable("").__index = f` or a hook that fails
   would end the session.

   The prompt's metatable has a string library of its own for __index. Methods
   that this lacks, and other events, are the user's: a value's __tostring may
   need them. A function that is the user's __index gets the library in place of
   the string: to get the string, it would be called for each method. */
#include "host/isolation.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>

#include "core/base/status.h"

/* In the registry: the metatables of strings, and that of the prompt's string
   library, whose __index is the user's. */
static const char own_key, user_key, library_key;

static bool is_open;

static struct {
    lua_Hook function;
    int mask, count;
} user_hook; /* while the prompt's functions run */

/* Sets the metatable of strings to the registry's; none where that is false. */
static void set_string_metatable(lua_State *L, const char *key)
{
    lua_pushliteral(L, "");
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

/* Stores the metatable of strings in the registry; false if there is none. */
static void store_string_metatable(lua_State *L, const char *key)
{
    lua_pushliteral(L, "");
    if (!lua_getmetatable(L, -1))
        lua_pushboolean(L, false);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
    lua_pop(L, 1);
}

void host_isolation_open(lua_State *L)
{
    pg_assert(!is_open);
    store_string_metatable(L, &user_key); /* from now on it has a field there */
    lua_pushcfunction(L, luaopen_string); /* sets the metatable, too */
    lua_call(L, 0, 1);
    store_string_metatable(L, &own_key);
    set_string_metatable(L, &user_key);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &library_key);
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
    is_open = true;
    host_isolation_enter(L);
}

/* Copies the user's events, such as __mod. Called protected: it may get no
   memory. */
static int copy_events(lua_State *L)
{
    enum { OWN = 1, LIBRARY, USER, INDEX };
    lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key);
    lua_pushnil(L);
    lua_setfield(L, LIBRARY, "__index");
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &user_key) != LUA_TTABLE)
        return 0;
    lua_pushliteral(L, "__index");
    for (lua_pushnil(L); lua_next(L, USER); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, lua_rawequal(L, -2, INDEX) ? LIBRARY : OWN);
    }
    return 0;
}

void host_isolation_enter(lua_State *L)
{
    if (!is_open)
        return;
    user_hook.function = lua_gethook(L);
    user_hook.mask = lua_gethookmask(L);
    user_hook.count = lua_gethookcount(L);
    lua_sethook(L, NULL, 0, 0);
    store_string_metatable(L, &user_key);
    set_string_metatable(L, &own_key);
    lua_pushcfunction(L, copy_events);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK)
        lua_pop(L, 1);
}

void host_isolation_leave(lua_State *L)
{
    if (!is_open)
        return;
    set_string_metatable(L, &user_key);
    lua_sethook(L, user_hook.function, user_hook.mask, user_hook.count);
}

void host_isolation_drop_hook(void)
{
    user_hook.function = NULL;
    user_hook.mask = 0;
}
