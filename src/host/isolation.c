/* The prompt's own functions, isolated from what a chunk can change under every
   Lua function: the metatable of strings and the hook. Without it,
   `string.find = nil`, `getmetatable("").__index = f` or a hook that fails
   would end the session.

   The prompt's metatable has a copy of the string library for __index, made
   before the first chunk. Methods that it lacks, and other events, are the
   user's: a value's __tostring may need them. */
#include "host/isolation.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>

static const char own_key, user_key; /* in the registry: metatables */

static bool is_open;

static struct {
    lua_Hook function;
    int mask, count;
} user_hook; /* while the prompt's functions run */

/* __index of the copy of the string library: looks the key up as the user's
   metatable would. */
static int index_user_methods(lua_State *L)
{
    lua_settop(L, 2);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &user_key) != LUA_TTABLE)
        return 0;
    lua_pushliteral(L, "__index");
    switch (lua_rawget(L, -2)) {
    case LUA_TFUNCTION:
        lua_insert(L, 1);
        lua_settop(L, 3);
        lua_call(L, 2, 1);
        return 1;
    case LUA_TTABLE:
        lua_pushvalue(L, 2);
        lua_gettable(L, -2);
        return 1;
    default:
        return 0;
    }
}

/* Copies the fields of the table on top to the one below it, but __index. */
static void copy_fields(lua_State *L)
{
    lua_pushliteral(L, "__index");
    int except = lua_gettop(L), from = except - 1, to = except - 2;
    for (lua_pushnil(L); lua_next(L, from); lua_pop(L, 1)) {
        if (lua_rawequal(L, -2, except))
            continue;
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, to);
    }
    lua_pop(L, 1);
}

void host_isolation_open(lua_State *L)
{
    lua_createtable(L, 0, 1); /* the metatable */
    lua_newtable(L);          /* its methods */
    lua_getglobal(L, LUA_STRLIBNAME);
    copy_fields(L);
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, index_user_methods);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "__index");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &own_key);
    lua_pushboolean(L, false); /* makes room: later it must not fail */
    lua_rawsetp(L, LUA_REGISTRYINDEX, &user_key);
    is_open = true;
    host_isolation_enter(L);
}

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

/* Copies the user's events, such as __mod. Protected: it may get no memory. */
static int copy_events(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &user_key) == LUA_TTABLE)
        copy_fields(L);
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
    lua_pushliteral(L, "");
    if (!lua_getmetatable(L, -1))
        lua_pushboolean(L, false);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &user_key);
    lua_pop(L, 1);
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
