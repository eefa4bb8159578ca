/* Shapes as tables: lists of lengths that print as (60000, 784) and are
   compared by value. */
#include "bind.h"

#define L_SHAPE "perigee.shape"

static const char metatable_key; /* its address is the key in the registry */

/* The shape may be an array's, which a finalizer may free. */
void l_shape_push(lua_State *L, int ndim, const size_t *shape)
{
    size_t lengths[PG_MAXDIM];
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

/* Lua calls it for two tables, one of which may be any. */
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

/* A key that the table does not have: a position beyond the end, at which
   ipairs and table.unpack find nil, one that counts from the end, or a
   mistake. */
static int l_shape_index(lua_State *L)
{
    int is_integer;
    lua_Integer rank = (lua_Integer)lua_rawlen(L, 1);
    lua_Integer axis = lua_tointegerx(L, 2, &is_integer);
    if (!is_integer || lua_type(L, 2) != LUA_TNUMBER)
        return l_error(L, "a shape has lengths at 1, 2, ..., and no '%s'",
                       l_tolstring(L, 2));
    if (axis == 0 || axis < -rank) {
        lua_settop(L, 1);
        return l_error(L, "there is no axis %I in the shape %s%s", axis,
                       l_tolstring(L, 1), axis == 0 ? ": axes start at 1" : "");
    }
    if (axis > 0)
        lua_pushnil(L);
    else
        lua_rawgeti(L, 1, rank + 1 + axis);
    return 1;
}

static int l_shape_call(lua_State *L)
{
    return l_error(L, "a shape is not called: for axis, length in "
                      "ipairs(x.shape) walks along it, and x.shape[1] is "
                      "one length");
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

/* --- shapes as arguments -------------------------------------------------- */

/* The length on top of the stack, which is popped. */
static size_t shape_length(lua_State *L, bool open)
{
    int isnum;
    lua_Integer length = lua_tointegerx(L, -1, &isnum);
    if (!isnum || length < (open ? -1 : 0))
        l_error(L, "a length must be an integer, 0 or more, not %s",
                l_tolstring(L, -1));
    lua_pop(L, 1);
    return length < 0 ? PG_INFER : (size_t)length;
}

int l_shape_check(lua_State *L, int arg, size_t *shape, int *next, bool open)
{
    bool table = lua_istable(L, arg);
    lua_Integer count = table ? luaL_len(L, arg) : 0;
    while (!table && lua_type(L, arg + (int)count) == LUA_TNUMBER)
        count++;
    if (table)
        l_refuse_fields(L, arg, count);
    if (count < 0 || count > PG_MAXDIM)
        l_error(L, "%I lengths given: the rank is at most %d", count,
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
