/* The arguments of the function that runs, as C values. */
#include "bind/base/arguments.h"

#include <lauxlib.h>
#include <string.h>

#include "bind/base/status.h"

void l_type_check(lua_State *L, int arg, int type)
{
    l_argument_expect(L, lua_type(L, arg) == type, arg, lua_typename(L, type));
}

void *l_userdata_check(lua_State *L, int arg, const char *metatable)
{
    void *userdata = luaL_testudata(L, arg, metatable);
    l_argument_expect(L, userdata, arg, metatable);
    return userdata;
}

lua_Integer l_integer_check(lua_State *L, int arg)
{
    int is_integer;
    l_argument_expect(L, lua_type(L, arg) == LUA_TNUMBER, arg, "number");
    lua_Integer value = lua_tointegerx(L, arg, &is_integer);
    l_argument_check(L, is_integer, arg,
                     "number has no integer representation");
    return value;
}

lua_Integer l_integer_opt(lua_State *L, int arg, lua_Integer otherwise)
{
    return lua_isnoneornil(L, arg) ? otherwise : l_integer_check(L, arg);
}

double l_number_check(lua_State *L, int arg)
{
    l_argument_expect(L, lua_type(L, arg) == LUA_TNUMBER, arg, "number");
    return lua_tonumber(L, arg);
}

double l_number_opt(lua_State *L, int arg, double otherwise)
{
    return lua_isnoneornil(L, arg) ? otherwise : l_number_check(L, arg);
}

const char *l_string_check(lua_State *L, int arg, size_t *length)
{
    l_argument_expect(L, lua_isstring(L, arg), arg, "string");
    return lua_tolstring(L, arg, length);
}

int l_find_name(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

int l_name_check(lua_State *L, int arg, const char *const *names)
{
    const char *name = l_string_check(L, arg, NULL);
    int index = l_find_name(names, name);
    return index >= 0
               ? index
               : l_argument_error(
                     L, arg, lua_pushfstring(L, "invalid option '%s'", name));
}

bool l_boolean_opt(lua_State *L, int arg, bool otherwise)
{
    if (lua_isnoneornil(L, arg))
        return otherwise;
    l_type_check(L, arg, LUA_TBOOLEAN);
    return lua_toboolean(L, arg);
}

size_t l_count_check(lua_State *L, int arg, const char *name)
{
    lua_Integer count = l_integer_check(L, arg);
    if (count < 0)
        l_argument_error(L, arg,
                         lua_pushfstring(L, "%s cannot be negative", name));
    return (size_t)count;
}

size_t l_length_check(lua_State *L, int arg)
{
    return l_count_check(L, arg, "a length");
}

const char *l_path_check(lua_State *L, int arg)
{
    size_t n;
    l_type_check(L, arg, LUA_TSTRING);
    const char *path = lua_tolstring(L, arg, &n);
    l_argument_check(L, strlen(path) == n, arg, "a path has no zero bytes");
    return path;
}

pg_dtype l_dtype_check(lua_State *L, int arg)
{
    pg_error err;
    pg_dtype dtype = PG_FLOAT64;
    l_argument_expect(L, lua_type(L, arg) == LUA_TSTRING, arg, "dtype");
    l_check(L, pg_dtype_from_name(&dtype, lua_tostring(L, arg), &err), &err);
    return dtype;
}

pg_dtype l_dtype_opt(lua_State *L, int arg, pg_dtype otherwise)
{
    return lua_isnoneornil(L, arg) ? otherwise : l_dtype_check(L, arg);
}
