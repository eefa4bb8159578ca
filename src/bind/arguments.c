/* Checking arguments, and telling what is wrong with them. */
#include "bind.h"

#include <locale.h>
#include <stdarg.h>
#include <string.h>

#include "../core/printable.h"

int l_error(lua_State *L, const char *format, ...)
{
    va_list args;
    luaL_where(L, 1);
    va_start(args, format);
    const char *message = lua_pushvfstring(L, format, args);
    va_end(args);
    size_t size = strlen(message) + 1;
    char *printable = lua_newuserdatauv(L, size, 0);
    memcpy(printable, message, size);
    pg_make_printable(printable, "");
    lua_pushstring(L, printable);
    lua_replace(L, -3);
    lua_pop(L, 1);
    lua_concat(L, 2);
    return lua_error(L);
}

void l_check(lua_State *L, pg_status status, const pg_error *err)
{
    if (status == PG_EINTERRUPT)
        l_raise_interrupt(L);
    if (status == PG_ENOMEM)
        l_run_again(L);
    if (status != PG_OK)
        l_error(L, "%s", err->message);
}

int l_failure(lua_State *L, pg_status status, const pg_error *err)
{
    if (status == PG_EINTERRUPT)
        l_raise_interrupt(L);
    if (status == PG_ENOMEM)
        l_run_again(L);
    luaL_pushfail(L);
    lua_pushstring(L, err->message);
    return 2;
}

int l_raise_no_field(lua_State *L)
{
    if (luaL_getmetafield(L, 1, "__no_field") == LUA_TNIL)
        return l_error(L, "there is no field '%s'", l_tolstring(L, 2));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    return l_error(L, "%s", luaL_tolstring(L, -1, NULL));
}

const char *l_tolstring(lua_State *L, int index)
{
    bool is_number = lua_type(L, index) == LUA_TNUMBER;
    const char *text = luaL_tolstring(L, index, NULL);
    if (is_number) {
        text = luaL_gsub(L, text, localeconv()->decimal_point, ".");
        lua_remove(L, -2);
    }
    return text;
}

bool l_scalar_test(lua_State *L, int arg, pg_scalar *scalar)
{
    switch (lua_type(L, arg)) {
    case LUA_TBOOLEAN:
        *scalar = (pg_scalar){.kind = 'b', .as.b = lua_toboolean(L, arg)};
        return true;
    case LUA_TNUMBER:
        if (lua_isinteger(L, arg))
            *scalar = (pg_scalar){.kind = 'i', .as.i = lua_tointeger(L, arg)};
        else
            *scalar = (pg_scalar){.kind = 'f', .as.f = lua_tonumber(L, arg)};
        return true;
    default:
        return false;
    }
}

void l_scalar_push(lua_State *L, pg_scalar scalar)
{
    if (scalar.kind == 'b')
        lua_pushboolean(L, scalar.as.b);
    else if (scalar.kind == 'i')
        lua_pushinteger(L, scalar.as.i);
    else
        lua_pushnumber(L, scalar.as.f);
}

const char *l_path_check(lua_State *L, int arg)
{
    size_t n;
    luaL_checktype(L, arg, LUA_TSTRING); /* a number is no path */
    const char *path = lua_tolstring(L, arg, &n);
    luaL_argcheck(L, strlen(path) == n, arg, "a path has no zero bytes");
    return path;
}

bool l_boolean_opt(lua_State *L, int arg, bool otherwise)
{
    if (lua_isnoneornil(L, arg))
        return otherwise;
    luaL_checktype(L, arg, LUA_TBOOLEAN);
    return lua_toboolean(L, arg);
}

pg_dtype l_dtype_check(lua_State *L, int arg)
{
    pg_error err;
    pg_dtype dtype = PG_FLOAT64;
    luaL_argexpected(L, lua_type(L, arg) == LUA_TSTRING, arg, "dtype");
    l_check(L, pg_dtype_from_name(&dtype, lua_tostring(L, arg), &err), &err);
    return dtype;
}

pg_dtype l_dtype_opt(lua_State *L, int arg, pg_dtype otherwise)
{
    return lua_isnoneornil(L, arg) ? otherwise : l_dtype_check(L, arg);
}

/* An axis of `ndim`, from 1, or from -1 at the end. */
static int check_axis(lua_State *L, int arg, const pg_array *a, int ndim)
{
    char text[PG_SHAPE_TEXT];
    lua_Integer axis = luaL_checkinteger(L, arg);
    if (axis >= 1 && axis <= ndim)
        return (int)axis - 1;
    if (axis <= -1 && axis >= -ndim)
        return (int)axis + ndim;
    if (axis == 0)
        return l_error(L, "there is no axis 0: axes start at 1");
    return l_error(L, "there is no axis %I in an array of shape %s", axis,
                   pg_shape_text(text, a));
}

int l_axis_check(lua_State *L, int arg, const pg_array *a)
{
    return check_axis(L, arg, a, a->ndim);
}

int l_new_axis_check(lua_State *L, int arg, const pg_array *a)
{
    return check_axis(L, arg, a, a->ndim + 1);
}

size_t l_length_check(lua_State *L, int arg)
{
    lua_Integer length = luaL_checkinteger(L, arg);
    luaL_argcheck(L, length >= 0, arg, "a length cannot be negative");
    return (size_t)length;
}
