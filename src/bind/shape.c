/* Other views of the same elements, and copies. */
#include "bind.h"

#include "../core/checksum.h"
#include "../core/checksum_v1.h"
#include "../core/views.h"

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

/* checksum(a) -> integer */
static int l_array_checksum(lua_State *L)
{
    pg_error err;
    uint32_t sum = 0;
    l_check(L, pg_array_checksum(&sum, l_array_to(L, 1), &err), &err);
    lua_pushinteger(L, sum);
    return 1;
}

/* checksum_v1(a) -> integer: as journals of before have it */
int l_array_checksum_v1(lua_State *L)
{
    pg_error err;
    uint32_t sum = 0;
    l_check(L, pg_array_checksum_v1(&sum, l_array_to(L, 1), &err), &err);
    lua_pushinteger(L, sum);
    return 1;
}

static int l_array_copy(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    return l_array_return(L, pg_array_copy(out, a, &err), &err);
}

/* Views keep their storage: nothing new for the collector. */
static int return_view(lua_State *L, pg_status status, const pg_error *err)
{
    l_check(L, status, err);
    return 1;
}

/* transpose(a, ...): the axes in this order, all in reverse without one. */
static int l_array_transpose(lua_State *L)
{
    pg_error err;
    int axes[PG_MAXDIM], count = lua_gettop(L) - 1;
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    luaL_argcheck(L, count <= PG_MAXDIM, PG_MAXDIM + 2, "too many axes");
    for (int i = 0; i < count; i++)
        axes[i] = l_axis_check(L, i + 2, a);
    if (count > 0)
        return return_view(L, pg_permute_view(out, a, axes, count, &err), &err);
    pg_array_transpose_view(out, a);
    return 1;
}

static int l_array_swapaxes(lua_State *L)
{
    lua_settop(L, 3);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    int i = l_axis_check(L, 2, a), j = l_axis_check(L, 3, a);
    pg_swap_axes_view(out, a, i, j);
    return 1;
}

static int l_array_squeeze(lua_State *L)
{
    pg_error err;
    lua_settop(L, 2);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    int axis = lua_isnil(L, 2) ? PG_EVERY_AXIS : l_axis_check(L, 2, a);
    return return_view(L, pg_squeeze_view(out, a, axis, &err), &err);
}

/* The new axis counts among a's and itself. */
static int l_array_expand_dims(lua_State *L)
{
    pg_error err;
    lua_settop(L, 2);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    int axis = l_new_axis_check(L, 2, a);
    return return_view(L, pg_expand_view(out, a, axis, &err), &err);
}

static int l_array_flip(lua_State *L)
{
    lua_settop(L, 2);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    pg_flip_view(out, a,
                 lua_isnil(L, 2) ? PG_EVERY_AXIS : l_axis_check(L, 2, a));
    return 1;
}

static const luaL_Reg methods[] = {
    {"reshape", l_array_reshape},     {"astype", l_array_astype},
    {"copy", l_array_copy},           {"checksum", l_array_checksum},
    {"tolist", l_array_tolist},       {"item", l_array_item},
    {"transpose", l_array_transpose}, {"swapaxes", l_array_swapaxes},
    {"squeeze", l_array_squeeze},     {"expand_dims", l_array_expand_dims},
    {"flip", l_array_flip},           {NULL, NULL},
};

void l_add_shape_methods(lua_State *L)
{
    luaL_setfuncs(L, methods, 0);
}
