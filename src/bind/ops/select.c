/* Positions of elements, counts of values, and arrays compared as a whole. */
#include "core/ops/select.h"

#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/status.h"
#include "core/array/index.h"
#include "core/statistics/histogram.h"
#include "core/ops/map.h"
#include "core/ops/sort.h"

/* nonzero(a) -> an array of positions for each axis */
static int l_array_nonzero(lua_State *L)
{
    enum { A = 1, POSITIONS };
    pg_error err;
    lua_settop(L, A);
    const pg_array *a = l_array_to(L, A);
    int ndim = a->ndim;
    l_argument_check(L, ndim > 0, A, "an array of rank 0 has no positions");
    luaL_checkstack(L, ndim, NULL);
    size_t most[] = {(size_t)ndim, pg_array_size(a)};
    pg_array *positions = l_array_push_result(L, l_shape_room(2, most));
    l_check(L, pg_nonzero(positions, l_array_check(L, A), &err), &err);
    bool is_counted = l_array_finish(L);
    for (int i = 0; i < ndim; i++) {
        pg_array *out = l_array_push_result(L, 0);
        pg_index axis = PG_INDEX_ALL;
        axis.kind = PG_INDEX_POSITION;
        axis.first = i + 1;
        l_check(L, pg_index_view(out, positions, &axis, 1, &err), &err);
        l_array_finish(L);
    }
    if (is_counted)
        l_collector_step(L);
    return ndim;
}

/* argwhere(a) -> (n, ndim) */
static int l_array_argwhere(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *positions = l_array_push(L), *out = l_array_push(L);
    l_check(L, pg_nonzero(positions, l_array_to(L, 1), &err), &err);
    pg_array_transpose_view(out, positions);
    return l_array_return(L, PG_OK, &err);
}

/* bincount(values [, weights] [, {minlength = 0}]) */
static int l_array_bincount(lua_State *L)
{
    enum { A = 1, WEIGHTS, OPTIONS };
    static const char *const names[] = {"minlength", NULL};
    pg_error err;
    const pg_array *a, *weights = NULL;
    lua_settop(L, OPTIONS);
    if (l_is_options(L, WEIGHTS) && lua_isnil(L, OPTIONS)) {
        l_call_insert_nil(L, WEIGHTS);
        lua_settop(L, OPTIONS);
    }
    l_options_check(L, OPTIONS, names);
    lua_Integer least = l_option_integer(L, OPTIONS, "minlength", 0);
    if (least < 0)
        l_error(L, "bincount: minlength must not be negative");
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, A));
    if (lua_isnil(L, WEIGHTS))
        a = l_array_to(L, A);
    else
        l_arrays_to(L, &a, A, &weights, WEIGHTS);
    return l_array_return(L, pg_bincount(out, a, weights, (size_t)least, &err),
                          &err);
}

/* topk(a, k [, axis] [, {largest = true}]) -> values, positions */
static int l_array_topk(lua_State *L)
{
    enum { A = 1, K, AXIS, OPTIONS };
    static const char *const names[] = {"largest", NULL};
    pg_error err;
    lua_settop(L, OPTIONS);
    if (lua_istable(L, AXIS) && lua_isnil(L, OPTIONS)) {
        l_call_insert_nil(L, AXIS);
        lua_settop(L, OPTIONS);
    }
    l_options_check(L, OPTIONS, names);
    bool is_largest = l_option_boolean(L, OPTIONS, "largest", true);
    size_t k = l_count_check(L, K, "k");
    pg_array *values = l_array_push(L), *positions = l_array_push(L);
    const pg_array *a = l_array_to(L, A);
    l_argument_check(L, a->ndim > 0, A, "an array of rank 0 has no axis");
    int axis = lua_isnil(L, AXIS) ? a->ndim - 1 : l_axis_check(L, AXIS, a);
    l_array_return(L, pg_topk(values, positions, a, k, axis, is_largest, &err),
                   &err);
    return 2;
}

/* array_equal(a, b [, {equal_nan = false}]) -> boolean */
static int l_array_equal(lua_State *L)
{
    enum { A = 1, B, OPTIONS };
    static const char *const names[] = {"equal_nan", NULL};
    pg_error err;
    bool equal = false;
    const pg_array *a, *b;
    lua_settop(L, OPTIONS);
    l_options_check(L, OPTIONS, names);
    bool is_nan_equal = l_option_boolean(L, OPTIONS, "equal_nan", false);
    l_arrays_to(L, &a, A, &b, B);
    l_check(L, pg_array_equal(&equal, a, b, is_nan_equal, &err), &err);
    lua_pushboolean(L, equal);
    return 1;
}

static const l_function functions[] = {
    {"nonzero", l_array_nonzero, 1, 1, 0},
    {"argwhere", l_array_argwhere, 1, 1, 0},
    {"bincount", l_array_bincount, 1, 3, 0},
    {"topk", l_array_topk, 1, 4, 0},
    {"array_equal", l_array_equal, 2, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_select(lua_State *L)
{
    l_array_add_functions(L, functions);
}
