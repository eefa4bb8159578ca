/* Checking arguments, and telling what is wrong with them. */
#include "bind.h"

#include <string.h>

void l_check(lua_State *L, pg_status status, const pg_error *err)
{
    if (status == PG_EINTERRUPT)
        l_raise_interrupt(L);
    if (status != PG_OK)
        luaL_error(L, "%s", err->message);
}

int l_failure(lua_State *L, pg_status status, const pg_error *err)
{
    if (status == PG_EINTERRUPT)
        l_raise_interrupt(L);
    luaL_pushfail(L);
    lua_pushstring(L, err->message);
    return 2;
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

pg_dtype l_dtype_opt(lua_State *L, int arg, pg_dtype otherwise)
{
    pg_error err;
    pg_dtype dtype = otherwise;
    if (!lua_isnoneornil(L, arg))
        l_check(L, pg_dtype_from_name(&dtype, luaL_checkstring(L, arg), &err),
                &err);
    return dtype;
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
        return luaL_error(L, "there is no axis 0: axes start at 1");
    return luaL_error(L, "there is no axis %I in an array of shape %s", axis,
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

/* The length on top of the stack, which is popped. */
static size_t shape_length(lua_State *L, bool open)
{
    int isnum;
    lua_Integer length = lua_tointegerx(L, -1, &isnum);
    if (!isnum || length < (open ? -1 : 0))
        luaL_error(L, "a length must be an integer, 0 or more, not %s",
                   luaL_tolstring(L, -1, NULL));
    lua_pop(L, 1);
    return length < 0 ? PG_INFER : (size_t)length;
}

int l_shape_check(lua_State *L, int arg, size_t *shape, int *next, bool open)
{
    bool table = lua_istable(L, arg);
    lua_Integer count = table ? luaL_len(L, arg) : 0;
    while (!table && lua_type(L, arg + (int)count) == LUA_TNUMBER)
        count++;
    if (count < 0 || count > PG_MAXDIM)
        luaL_error(L, "%I lengths given: the rank is at most %d", count,
                   PG_MAXDIM);
    for (int i = 0; i < count; i++) {
        if (table)
            lua_geti(L, arg, i + 1);
        else
            lua_pushvalue(L, arg + i);
        shape[i] = shape_length(L, open);
    }
    *next = table ? arg + 1 : arg + (int)count;
    return (int)count;
}

void l_add_operations(lua_State *L, const l_operation *operations)
{
    for (const l_operation *o = operations; o->name; o++) {
        lua_pushinteger(L, o->op);
        lua_pushcclosure(L, o->function, 1);
        lua_setfield(L, -2, o->name);
    }
}

int l_operation_of(lua_State *L)
{
    return (int)lua_tointeger(L, lua_upvalueindex(1));
}
