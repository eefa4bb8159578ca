/* Views of the same elements in other shapes, and copies. */
#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/array/copy.h"
#include "core/array/index.h"

/* reshape(a, length, ...) or reshape(a, shape); one length may be -1 */
static int l_array_reshape(lua_State *L)
{
    enum { A = 1, SHAPE };
    pg_error err;
    size_t shape[PG_MAXDIM];
    int ndim = l_last_shape_check(L, SHAPE, shape, true);
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, A));
    const pg_array *a = l_array_to(L, A);
    return l_array_return(L, pg_array_reshape(out, a, ndim, shape, &err), &err);
}

/* astype(a, dtype) */
static int l_array_astype(lua_State *L)
{
    pg_error err;
    pg_dtype dtype = l_dtype_check(L, 2);
    pg_array *out = l_array_push_result(L, l_array_room(L, 1));
    const pg_array *a = l_array_to(L, 1);
    l_array_offer_memory(out);
    return l_array_return(L, pg_array_astype(out, a, dtype, &err), &err);
}

/* copy(a) */
static int l_array_copy(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *out = l_array_push_result(L, l_array_room(L, 1));
    const pg_array *a = l_array_to(L, 1);
    l_array_offer_memory(out);
    return l_array_return(L, pg_array_copy(out, a, &err), &err);
}

/* As l_array_return, without l_collector_step: a view takes no new memory. */
static int return_view(lua_State *L, pg_status status, const pg_error *err)
{
    l_check(L, status, err);
    l_array_finish(L);
    return 1;
}

/* transpose(a [, axis, ...]): the axes in this order, or reversed */
static int l_array_transpose(lua_State *L)
{
    enum { A = 1, AXES };
    pg_error err;
    int axes[PG_MAXDIM], count = lua_gettop(L) - A;
    pg_array *out = l_array_push_result(L, 0);
    const pg_array *a = l_array_to(L, A);
    l_argument_check(L, count <= PG_MAXDIM, AXES + PG_MAXDIM, "too many axes");
    for (int i = 0; i < count; i++)
        axes[i] = l_axis_check(L, AXES + i, a);
    if (count > 0)
        return return_view(L, pg_permute_view(out, a, axes, count, &err), &err);
    pg_array_transpose_view(out, a);
    l_array_finish(L);
    return 1;
}

/* swapaxes(a, axis, axis) */
static int l_array_swapaxes(lua_State *L)
{
    enum { A = 1, FIRST, SECOND };
    lua_settop(L, SECOND);
    pg_array *out = l_array_push_result(L, 0);
    const pg_array *a = l_array_to(L, A);
    int i = l_axis_check(L, FIRST, a), j = l_axis_check(L, SECOND, a);
    pg_swap_axes_view(out, a, i, j);
    l_array_finish(L);
    return 1;
}

/* squeeze(a [, axis]) */
static int l_array_squeeze(lua_State *L)
{
    enum { A = 1, AXIS };
    pg_error err;
    lua_settop(L, AXIS);
    pg_array *out = l_array_push_result(L, 0);
    const pg_array *a = l_array_to(L, A);
    int axis = lua_isnil(L, AXIS) ? PG_EVERY_AXIS : l_axis_check(L, AXIS, a);
    return return_view(L, pg_squeeze_view(out, a, axis, &err), &err);
}

/* expand_dims(a, axis) */
static int l_array_expand_dims(lua_State *L)
{
    enum { A = 1, AXIS };
    pg_error err;
    lua_settop(L, AXIS);
    pg_array *out = l_array_push_result(L, 0);
    const pg_array *a = l_array_to(L, A);
    int axis = l_new_axis_check(L, AXIS, a);
    return return_view(L, pg_expand_view(out, a, axis, &err), &err);
}

/* flip(a [, axis]) */
static int l_array_flip(lua_State *L)
{
    enum { A = 1, AXIS };
    lua_settop(L, AXIS);
    pg_array *out = l_array_push_result(L, 0);
    const pg_array *a = l_array_to(L, A);
    int axis = lua_isnil(L, AXIS) ? PG_EVERY_AXIS : l_axis_check(L, AXIS, a);
    pg_flip_view(out, a, axis);
    l_array_finish(L);
    return 1;
}

/* ravel(a): one axis */
static int l_array_ravel(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    return l_array_return(L, pg_array_flatten(out, a, 0, &err), &err);
}

/* flatten(a [, first]): the axes from first on become one */
static int l_array_flatten(lua_State *L)
{
    enum { A = 1, FIRST };
    pg_error err;
    lua_settop(L, FIRST);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, A);
    int first = lua_isnil(L, FIRST) ? 0 : l_axis_check(L, FIRST, a);
    return l_array_return(L, pg_array_flatten(out, a, first, &err), &err);
}

/* array_split(a, parts | positions [, axis]) -> a list of views */
static int l_array_split(lua_State *L)
{
    enum { A = 1, PARTS, AXIS, WHOLE, LIST };
    pg_error err;
    lua_settop(L, AXIS);
    bool is_number = lua_type(L, PARTS) == LUA_TNUMBER;
    size_t parts = is_number ? l_count_check(L, PARTS, "parts") : 0;
    l_argument_check(L, !is_number || parts > 0, PARTS, "there must be a part");
    pg_array *whole = l_array_push(L);
    if (!is_number) {
        const pg_array *positions = l_array_to(L, PARTS);
        l_argument_check(L, positions->ndim == 1, PARTS,
                         "positions have rank 1");
        l_check(L, pg_array_integers(whole, positions, "positions", &err),
                &err);
        parts = whole->shape[0] + 1;
    }
    const pg_array *a = l_array_to(L, A);
    l_argument_check(L, a->ndim > 0, A, "an array of rank 0 has no axis");
    int axis = lua_isnil(L, AXIS) ? 0 : l_axis_check(L, AXIS, a);
    l_argument_check(L, parts < 1 << 20, PARTS, "too many parts");
    lua_createtable(L, (int)parts, 0);
    for (size_t i = 0; i < parts; i++) {
        pg_array *out = l_array_push(L);
        a = l_array_check(L, A);
        if (is_number)
            pg_split_view(out, a, axis, i, parts);
        else
            l_check(
                L,
                pg_split_view_at(out, a, axis, i, whole->data, parts - 1, &err),
                &err);
        l_array_finish(L);
        lua_rawseti(L, LIST, (lua_Integer)i + 1);
    }
    return 1;
}

static const l_function functions[] = {
    {"reshape", l_array_reshape, 1, L_ANY, 0},
    {"astype", l_array_astype, 1, 2, 0},
    {"copy", l_array_copy, 1, 1, 0},
    {"transpose", l_array_transpose, 1, L_ANY, 0},
    {"swapaxes", l_array_swapaxes, 1, 3, 0},
    {"squeeze", l_array_squeeze, 1, 2, 0},
    {"expand_dims", l_array_expand_dims, 1, 2, 0},
    {"flip", l_array_flip, 1, 2, 0},
    {"ravel", l_array_ravel, 1, 1, 0},
    {"flatten", l_array_flatten, 1, 2, 0},
    {"array_split", l_array_split, 2, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_views(lua_State *L)
{
    l_array_add_functions(L, functions);
}
