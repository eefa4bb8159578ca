/* Options by their names. */
#include "bind/base/options.h"

#include <lauxlib.h>

#include "bind/base/arguments.h"
#include "bind/base/call.h"
#include "bind/base/error.h"

bool l_is_options(lua_State *L, int arg)
{
    if (!lua_istable(L, arg))
        return false;
    if (lua_getmetatable(L, arg)) {
        lua_pop(L, 1);
        return false;
    }
    bool has_first = lua_rawgeti(L, arg, 1) != LUA_TNIL;
    lua_pop(L, 1);
    if (has_first)
        return false;
    for (lua_pushnil(L); lua_next(L, arg);) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING) {
            lua_pop(L, 1);
            return true;
        }
    }
    return false;
}

void l_options_last(lua_State *L, int arg)
{
    lua_settop(L, arg + 1);
    if (!l_is_options(L, arg))
        return;
    if (!lua_isnil(L, arg + 1))
        l_error(L, "%s: options stand last", l_call_function(L)->name);
    l_call_insert_nil(L, arg);
    lua_settop(L, arg + 1);
}

/* "a, b" */
static const char *push_list(lua_State *L, const char *const *names)
{
    luaL_Buffer list;
    luaL_buffinit(L, &list);
    for (int i = 0; names[i]; i++) {
        luaL_addstring(&list, i > 0 ? ", " : "");
        luaL_addstring(&list, names[i]);
    }
    luaL_pushresult(&list);
    return lua_tostring(L, -1);
}

void l_options_check(lua_State *L, int arg, const char *const *names)
{
    if (lua_isnoneornil(L, arg))
        return;
    if (!lua_istable(L, arg))
        l_type_error(L, arg, "table of options");
    l_call_leave_traced(L, arg);
    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        if (name && l_find_name(names, name) >= 0)
            continue;
        name = l_tolstring(L, -2);
        l_error(L, "%s: unknown option '%s'; %s %s", l_call_function(L)->name,
                name, names[1] ? "there are" : "the only option is",
                push_list(L, names));
    }
}

void l_option_push(lua_State *L, int arg, const char *name)
{
    if (lua_isnoneornil(L, arg)) {
        lua_pushnil(L);
        return;
    }
    lua_pushstring(L, name);
    lua_rawget(L, arg);
}

int l_option_error(lua_State *L, const char *name, const char *expected)
{
    const char *found = luaL_typename(L, -1);
    if (lua_isstring(L, -1) || lua_isboolean(L, -1))
        found = l_tolstring(L, -1);
    else if (luaL_getmetafield(L, -1, "__name") == LUA_TSTRING)
        found = lua_tostring(L, -1);
    return l_error(L, "%s: %s must be %s, not %s", l_call_function(L)->name,
                   name, expected, found);
}

bool l_option_boolean(lua_State *L, int arg, const char *name, bool otherwise)
{
    l_option_push(L, arg, name);
    if (!lua_isnil(L, -1) && !lua_isboolean(L, -1))
        l_option_error(L, name, "true or false");
    bool value = lua_isnil(L, -1) ? otherwise : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

lua_Integer l_option_integer(lua_State *L, int arg, const char *name,
                             lua_Integer otherwise)
{
    int is_integer = 1;
    l_option_push(L, arg, name);
    lua_Integer value =
        lua_isnil(L, -1) ? otherwise : lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || lua_type(L, -1) == LUA_TSTRING)
        l_option_error(L, name, "an integer");
    lua_pop(L, 1);
    return value;
}

double l_option_number(lua_State *L, int arg, const char *name,
                       double otherwise)
{
    l_option_push(L, arg, name);
    double value = lua_isnil(L, -1) ? otherwise : lua_tonumber(L, -1);
    if (!lua_isnil(L, -1) && (lua_type(L, -1) != LUA_TNUMBER || value != value))
        l_option_error(L, name, "a number");
    lua_pop(L, 1);
    return value;
}

uint64_t l_option_max_bytes(lua_State *L, int arg)
{
    l_option_push(L, arg, "max_bytes");
    bool is_given = !lua_isnil(L, -1);
    lua_pop(L, 1);
    lua_Integer bytes = l_option_integer(L, arg, "max_bytes", 0);
    if (bytes < 0) {
        lua_pushinteger(L, bytes);
        l_option_error(L, "max_bytes", "0 or more");
    }
    return is_given ? (uint64_t)bytes : UINT64_MAX;
}
