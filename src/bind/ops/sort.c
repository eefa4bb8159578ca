/* Sorting and running sums along an axis, unique values and histograms. */
#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/array/copy.h"
#include "core/ops/histogram.h"
#include "core/ops/reduce.h"
#include "core/ops/sort.h"

typedef pg_status (*along_axis)(pg_array *out, const pg_array *a, int axis,
                                pg_error *err);

/* f along the axis at 2; without one, along the last, or where flat is true
   along all elements in row-major order. */
static int run_along(lua_State *L, along_axis f, bool flat)
{
    pg_error err;
    pg_status status = PG_OK;
    lua_settop(L, 2);
    pg_array *row = l_array_push(L), *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1);
    if (lua_isnil(L, 2) && (flat || a->ndim == 0)) {
        size_t size = pg_array_size(a);
        status = pg_array_reshape(row, a, 1, &size, &err);
        a = row;
    }
    int axis = lua_isnil(L, 2) ? a->ndim - 1 : l_axis_check(L, 2, a);
    l_check(L, status, &err);
    return l_array_return(L, f(out, a, axis, &err), &err);
}

static int l_array_cumsum(lua_State *L)
{
    return run_along(L, pg_cumsum, true);
}

static int l_array_sort(lua_State *L)
{
    return run_along(L, pg_sort, false);
}

static int l_array_argsort(lua_State *L)
{
    return run_along(L, pg_argsort, false);
}

static int l_array_unique(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_unique(out, l_array_to(L, 1), &err), &err);
}

/* The ends at arg as {low, high}, or those of the array. */
static void read_ends(lua_State *L, int arg, double ends[2], const pg_array *a)
{
    pg_error err;
    if (lua_isnil(L, arg)) {
        l_check(L, pg_histogram_ends(&ends[0], &ends[1], a, &err), &err);
        return;
    }
    l_type_check(L, arg, LUA_TTABLE);
    for (int i = 0; i < 2; i++) {
        int isnum;
        lua_geti(L, arg, i + 1);
        ends[i] = lua_tonumberx(L, -1, &isnum);
        l_argument_check(L, isnum, arg, "ends are {low, high}");
        lua_pop(L, 1);
    }
}

/* histogram(a [, bins [, {low, high}]]): bins are a number, or their edges. */
static int l_array_histogram(lua_State *L)
{
    pg_error err;
    lua_settop(L, 3);
    pg_array *counts = l_array_push(L), *edges = l_array_push(L);
    bool equal = lua_isnil(L, 2) || lua_type(L, 2) == LUA_TNUMBER;
    if (equal) {
        double ends[2];
        lua_Integer bins = l_integer_opt(L, 2, 10);
        l_argument_check(L, bins > 0, 2, "there must be a bin");
        l_array_to(L, 1);
        if (lua_istable(L, 3))
            read_ends(L, 3, ends, NULL);
        const pg_array *a = l_array_check(L, 1);
        if (!lua_istable(L, 3))
            read_ends(L, 3, ends, a);
        l_check(L,
                pg_histogram(counts, edges, a, (size_t)bins, ends[0], ends[1],
                             &err),
                &err);
    } else {
        const pg_array *a, *given;
        l_arrays_to(L, &a, 1, &given, 2);
        l_check(L, pg_histogram_between(counts, edges, a, given, &err), &err);
    }
    l_collector_step(L);
    lua_pushvalue(L, 4);
    lua_pushvalue(L, 5);
    return 2;
}

static const l_function functions[] = {
    {"cumsum", l_array_cumsum, 1, 2, 0},
    {"sort", l_array_sort, 1, 2, 0},
    {"argsort", l_array_argsort, 1, 2, 0},
    {"unique", l_array_unique, 1, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function module_functions[] = {
    {"histogram", l_array_histogram, 1, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_sort(lua_State *L)
{
    l_array_add_functions(L, functions);
    l_add_functions(L, module_functions, NULL);
}
