/* Checking arguments, and telling what is wrong with them. */
#include "bind.h"

#include <locale.h>
#include <stdarg.h>
#include <string.h>

#include "../core/base/printable.h"

void l_make_printable(lua_State *L)
{
    const char *text = lua_tostring(L, -1);
    size_t size = strlen(text) + 1;
    char *printable = lua_newuserdatauv(L, size, 0);
    memcpy(printable, text, size);
    pg_make_printable(printable, "");
    lua_pushstring(L, printable);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

int l_error(lua_State *L, const char *format, ...)
{
    va_list args;
    luaL_where(L, 1);
    va_start(args, format);
    lua_pushvfstring(L, format, args);
    va_end(args);
    l_make_printable(L);
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

/* --- arguments ------------------------------------------------------------ */

int l_type_error(lua_State *L, int arg, const char *expected)
{
    const char *found = luaL_typename(L, arg);
    if (l_is_missing(L, arg))
        found = "no value";
    else if (luaL_getmetafield(L, arg, "__name") == LUA_TSTRING)
        found = lua_tostring(L, -1);
    return l_argument_error(
        L, arg, lua_pushfstring(L, "%s expected, got %s", expected, found));
}

void l_argument_check(lua_State *L, bool good, int arg, const char *text)
{
    if (!good)
        l_argument_error(L, arg, text);
}

void l_argument_expect(lua_State *L, bool good, int arg, const char *expected)
{
    if (!good)
        l_type_error(L, arg, expected);
}

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
    lua_Integer value = lua_tointegerx(L, arg, &is_integer);
    l_argument_expect(L, is_integer || lua_isnumber(L, arg), arg, "number");
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
    int is_number;
    double value = lua_tonumberx(L, arg, &is_number);
    l_argument_expect(L, is_number, arg, "number");
    return value;
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

int l_option_check(lua_State *L, int arg, const char *const *names)
{
    const char *name = l_string_check(L, arg, NULL);
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return l_argument_error(L, arg,
                            lua_pushfstring(L, "invalid option '%s'", name));
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
    l_type_check(L, arg, LUA_TSTRING); /* a number is no path */
    const char *path = lua_tolstring(L, arg, &n);
    l_argument_check(L, strlen(path) == n, arg, "a path has no zero bytes");
    return path;
}

bool l_boolean_opt(lua_State *L, int arg, bool otherwise)
{
    if (lua_isnoneornil(L, arg))
        return otherwise;
    l_type_check(L, arg, LUA_TBOOLEAN);
    return lua_toboolean(L, arg);
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

/* An axis of `ndim`, from 1, or from -1 at the end. */
static int check_axis(lua_State *L, int arg, const pg_array *a, int ndim)
{
    char text[PG_SHAPE_TEXT];
    lua_Integer axis = l_integer_check(L, arg);
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
    lua_Integer length = l_integer_check(L, arg);
    l_argument_check(L, length >= 0, arg, "a length cannot be negative");
    return (size_t)length;
}
