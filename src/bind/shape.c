/* Other views of the same elements, and copies. */
#include "bind.h"

static int l_array_reshape(lua_State *L)
{
    pg_error err;
    size_t shape[PG_MAXDIM];
    int next;
    luaL_checkany(L, 1);
    int ndim = l_shape_check(L, 2, shape, &next, true);
    luaL_argexpected(L, lua_isnone(L, next), next, "length");
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    return l_array_return(L, pg_array_reshape(out, a, ndim, shape, &err), &err);
}

static int l_array_astype(lua_State *L)
{
    pg_error err;
    luaL_checkstring(L, 2);
    pg_dtype dtype = l_dtype_opt(L, 2, PG_FLOAT64);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    return l_array_return(L, pg_array_astype(out, a, dtype, &err), &err);
}

static int l_array_copy(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    return l_array_return(L, pg_array_copy(out, a, &err), &err);
}

static const luaL_Reg methods[] = {
    {"reshape", l_array_reshape}, {"astype", l_array_astype},
    {"copy", l_array_copy},       {"tolist", l_array_tolist},
    {"item", l_array_item},       {NULL, NULL},
};

void l_add_shape_methods(lua_State *L)
{
    luaL_setfuncs(L, methods, 0);
}
