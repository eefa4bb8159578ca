#include <lualib.h>

#include "host.h"

/* What a chunk can change under every Lua function there is: the metatable of
   strings (`string.find = nil`, `getmetatable("").__index = f`) and the hook.
   The prompt's own functions run with what was there before, and methods that
   the user has added to strings; the user's chunks, with the user's. */
static const char own_key, users_key; /* in the registry: metatables */

static bool is_open;

static struct {
    lua_Hook function;
    int mask, count;
} hook; /* the user's, while the prompt's functions run */

/* The copy's __index: what it lacks may be the user's. */
static int look_further(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &users_key);
    if (!lua_istable(L, -1))
        return 0;
    lua_pushliteral(L, "__index");
    lua_rawget(L, -2);
    if (lua_isfunction(L, -1)) {
        lua_insert(L, 1);
        lua_settop(L, 3);
        lua_call(L, 2, 1);
    } else if (lua_istable(L, -1)) {
        lua_pushvalue(L, 2);
        lua_gettable(L, -2);
    } else {
        return 0;
    }
    return 1;
}

/* Copies the fields of the table on top to the one below it, but `except`. */
static void copy_fields(lua_State *L, const char *except)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pushvalue(L, -2);
        lua_pushstring(L, except);
        bool is_left_out = lua_rawequal(L, -1, -2);
        lua_pop(L, 1);
        lua_insert(L, -2);
        if (is_left_out)
            lua_pop(L, 2);
        else
            lua_rawset(L, -5);
    }
}

/* Pushes a copy of the string library, behind which the user's is. */
static void push_methods(lua_State *L)
{
    lua_newtable(L);
    lua_getglobal(L, LUA_STRLIBNAME);
    copy_fields(L, "");
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, look_further);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

void host_apart_open(lua_State *L)
{
    lua_createtable(L, 0, 1);
    push_methods(L);
    lua_setfield(L, -2, "__index");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &own_key);
    lua_pushboolean(L, false); /* takes the place in which there will be one */
    lua_rawsetp(L, LUA_REGISTRYINDEX, &users_key);
    is_open = true;
    host_apart_enter(L);
}

/* Sets the metatable of strings to what the registry has. */
static void set_metatable(lua_State *L, const char *key)
{
    lua_pushliteral(L, "");
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

/* Protected: gives the prompt's metatable what else the user's has, such as a
   __mod that a __tostring may use. */
static int take_events(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &users_key);
    if (lua_istable(L, -1))
        copy_fields(L, "__index");
    return 0;
}

void host_apart_enter(lua_State *L)
{
    if (!is_open)
        return;
    hook.function = lua_gethook(L);
    hook.mask = lua_gethookmask(L);
    hook.count = lua_gethookcount(L);
    lua_sethook(L, NULL, 0, 0);
    lua_pushliteral(L, "");
    if (!lua_getmetatable(L, -1))
        lua_pushboolean(L, false);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &users_key);
    lua_pop(L, 1);
    set_metatable(L, &own_key);
    lua_pushcfunction(L, take_events);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK)
        lua_pop(L, 1);
}

void host_apart_leave(lua_State *L)
{
    if (!is_open)
        return;
    set_metatable(L, &users_key);
    lua_sethook(L, hook.function, hook.mask, hook.count);
}

void host_apart_forget_hook(void)
{
    hook.function = NULL;
    hook.mask = 0;
}
