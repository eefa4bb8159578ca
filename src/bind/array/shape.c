/* Shapes as Lua tables, and shapes and axes as arguments. */
#include "bind/array/shape.h"

#include <lauxlib.h>

#include "bind/base/arguments.h"
#include "bind/base/error.h"
#include "bind/base/list.h"
#include "bind/base/open.h"

#define L_SHAPE "perigee.shape"

static const char metatable_key; /* its address is the key in the registry */

/* Copies the lengths first: a finalizer may free the array that has them. */
void l_shape_push(lua_State *L, int ndim, const size_t *shape)
{
    size_t lengths[PG_MAXDIM];
    pg_assert(ndim >= 0 && ndim <= PG_MAXDIM);
    for (int i = 0; i < ndim; i++)
        lengths[i] = shape[i];
    lua_createtable(L, ndim, 0);
    for (int i = 0; i < ndim; i++) {
        lua_pushinteger(L, (lua_Integer)lengths[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    lua_setmetatable(L, -2);
}

static int l_shape_tostring(lua_State *L)
{
    luaL_Buffer text;
    l_type_check(L, 1, LUA_TTABLE);
    lua_Integer rank = (lua_Integer)lua_rawlen(L, 1);
    luaL_buffinit(L, &text);
    luaL_addchar(&text, '(');
    for (lua_Integer i = 1; i <= rank; i++) {
        if (i > 1)
            luaL_addstring(&text, ", ");
        lua_rawgeti(L, 1, i);
        l_tolstring(L, -1);
        lua_remove(L, -2);
        luaL_addvalue(&text);
    }
    luaL_addstring(&text, rank == 1 ? ",)" : ")");
    luaL_pushresult(&text);
    return 1;
}

/* Either of the two may be a table that is no shape. */
static int l_shape_eq(lua_State *L)
{
    lua_Integer rank = luaL_len(L, 1);
    bool same = luaL_len(L, 2) == rank;
    for (lua_Integer i = 1; same && i <= rank; i++) {
        lua_geti(L, 1, i);
        lua_geti(L, 2, i);
        same = lua_compare(L, -2, -1, LUA_OPEQ);
        lua_pop(L, 2);
    }
    lua_pushboolean(L, same);
    return 1;
}

/* Lua calls it for keys that the table lacks: shape[-1] counts from the end, a
   position beyond the end is nil, for ipairs, and any other key raises. */
static int l_shape_index(lua_State *L)
{
    enum { SHAPE = 1, AXIS };
    int is_integer;
    lua_Integer rank = (lua_Integer)lua_rawlen(L, SHAPE);
    lua_Integer axis = lua_tointegerx(L, AXIS, &is_integer);
    if (!is_integer || lua_type(L, AXIS) != LUA_TNUMBER)
        return l_error(L, "a shape has lengths at 1, 2, ..., and no '%s'",
                       l_tolstring(L, AXIS));
    if (axis == 0 || axis < -rank) {
        lua_settop(L, SHAPE);
        return l_error(L, "there is no axis %I in the shape %s%s", axis,
                       l_tolstring(L, SHAPE),
                       axis == 0 ? ": axes start at 1" : "");
    }
    if (axis > 0)
        lua_pushnil(L);
    else
        lua_rawgeti(L, SHAPE, rank + 1 + axis);
    return 1;
}

static int l_shape_call(lua_State *L)
{
    return l_error(L, "a shape is not called: for axis, length in "
                      "ipairs(x.shape) walks along it, and x.shape[1] is "
                      "one length");
}

/* --- shapes as arguments -------------------------------------------------- */

static size_t check_length(lua_State *L, int index, bool may_infer)
{
    int is_integer;
    lua_Integer length = lua_tointegerx(L, index, &is_integer);
    if (!is_integer || length < (may_infer ? -1 : 0))
        l_error(L, "a length must be an integer, 0 or more, not %s",
                l_tolstring(L, index));
    return length < 0 ? PG_INFER : (size_t)length;
}

int l_shape_check(lua_State *L, int arg, size_t *shape, int *next,
                  bool may_infer)
{
    bool is_table = lua_istable(L, arg);
    lua_Integer count = is_table ? luaL_len(L, arg) : 0;
    while (!is_table && lua_type(L, arg + (int)count) == LUA_TNUMBER)
        count++;
    if (is_table)
        l_list_refuse_fields(L, arg, count);
    if (count < 0 || count > PG_MAXDIM)
        l_error(L, "%I lengths given: the rank is at most %d", count,
                PG_MAXDIM);
    for (int i = 0; i < count; i++) {
        if (is_table)
            lua_geti(L, arg, i + 1);
        else
            lua_pushvalue(L, arg + i);
        shape[i] = check_length(L, -1, may_infer);
        lua_pop(L, 1);
    }
    *next = is_table ? arg + 1 : arg + (int)count;
    return (int)count;
}

int l_last_shape_check(lua_State *L, int arg, size_t *shape, bool may_infer)
{
    int next, ndim = l_shape_check(L, arg, shape, &next, may_infer);
    l_argument_expect(L, lua_isnone(L, next), next, "length");
    return ndim;
}

/* The index of one of ndim axes, from its position at arg. */
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
    if (ndim != a->ndim)
        return l_error(L, "there is no axis %I in a result of rank %d", axis,
                       ndim);
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

static const luaL_Reg metamethods[] = {
    {"__tostring", l_shape_tostring},
    {"__eq", l_shape_eq},
    {"__index", l_shape_index},
    {"__call", l_shape_call},
    {NULL, NULL},
};

void l_open_shape(lua_State *L)
{
    luaL_newmetatable(L, L_SHAPE);
    luaL_setfuncs(L, metamethods, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}
