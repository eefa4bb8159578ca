/* Sorting, running sums and differences along an axis; unique values and
   histograms. */
#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/array/copy.h"
#include "core/ops/cumulative.h"
#include "core/statistics/histogram.h"
#include "core/ops/sort.h"

typedef pg_status (*along_axis)(pg_array *out, const pg_array *a, int axis,
                                pg_error *err);

/* Runs f(a [, axis]). The default is the last axis; if is_flat is true, all
   elements in row-major order. */
static int run_along(lua_State *L, along_axis f, bool is_flat)
{
    enum { A = 1, AXIS };
    pg_error err;
    lua_settop(L, AXIS);
    const pg_array *a = l_array_to(L, A);
    if (lua_isnil(L, AXIS) && (a->ndim == 0 || (is_flat && a->ndim > 1))) {
        size_t size = pg_array_size(a);
        pg_array *row = l_array_push_result(L, l_array_usual_room(L, A));
        l_check(L, pg_array_reshape(row, l_array_check(L, A), 1, &size, &err),
                &err);
        l_array_finish(L);
        lua_replace(L, A);
    }
    pg_array *out = l_array_push_result(L, l_array_room(L, A));
    a = l_array_check(L, A);
    int axis = lua_isnil(L, AXIS) ? a->ndim - 1 : l_axis_check(L, AXIS, a);
    l_array_offer_memory(out);
    return l_array_return(L, f(out, a, axis, &err), &err);
}

static int l_array_cumsum(lua_State *L)
{
    return run_along(L, pg_cumsum, true);
}

static int l_array_cumprod(lua_State *L)
{
    return run_along(L, pg_cumprod, true);
}

/* diff(a [, times [, axis]]); the default is the last axis */
static int l_array_diff(lua_State *L)
{
    enum { A = 1, TIMES, AXIS };
    pg_error err;
    lua_settop(L, AXIS);
    size_t times = lua_isnil(L, TIMES) ? 1 : l_count_check(L, TIMES, "times");
    pg_array *out = l_array_push_result(L, l_array_room(L, A));
    const pg_array *a = l_array_to(L, A);
    l_argument_check(L, a->ndim > 0, A, "an array of rank 0 has no axis");
    int axis = lua_isnil(L, AXIS) ? a->ndim - 1 : l_axis_check(L, AXIS, a);
    l_array_offer_memory(out);
    return l_array_return(L, pg_diff(out, a, times, axis, &err), &err);
}

static int l_array_sort(lua_State *L)
{
    return run_along(L, pg_sort, false);
}

static int l_array_argsort(lua_State *L)
{
    return run_along(L, pg_argsort, false);
}

/* unique(a) */
static int l_array_unique(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *out = l_array_push_result(L, l_array_room(L, 1));
    return l_array_return(L, pg_unique(out, l_array_to(L, 1), &err), &err);
}

/* Reads the table {low, high} at arg. */
static void check_ends(lua_State *L, int arg, double ends[2])
{
    l_type_check(L, arg, LUA_TTABLE);
    for (int i = 0; i < 2; i++) {
        int is_number;
        lua_geti(L, arg, i + 1);
        ends[i] = lua_tonumberx(L, -1, &is_number);
        l_argument_check(L, is_number, arg, "ends are {low, high}");
        lua_pop(L, 1);
    }
}

/* histogram(a [, bins [, {low, high}]]) -> counts, edges; bins are a number of
   equal ones, or an array of their edges */
static int l_array_histogram(lua_State *L)
{
    enum { A = 1, BINS, ENDS, COUNTS, EDGES };
    pg_error err;
    const pg_array *a, *given;
    lua_settop(L, ENDS);
    pg_array *counts = l_array_push(L), *edges = l_array_push(L);
    if (lua_isnil(L, BINS) || lua_type(L, BINS) == LUA_TNUMBER) {
        double ends[2];
        lua_Integer bins = l_integer_opt(L, BINS, 10);
        l_argument_check(L, bins > 0, BINS, "there must be a bin");
        bool has_ends = !lua_isnil(L, ENDS);
        l_array_to(L, A);
        if (has_ends)
            check_ends(L, ENDS, ends);
        a = l_array_check(L, A);
        l_check(L,
                pg_histogram(counts, edges, a, (size_t)bins,
                             has_ends ? ends : NULL, &err),
                &err);
    } else {
        l_argument_check(L, lua_isnil(L, ENDS), ENDS,
                         "{low, high} goes with a number of bins, not edges");
        l_arrays_to(L, &a, A, &given, BINS);
        l_check(L, pg_histogram_between(counts, edges, a, given, &err), &err);
    }
    l_collector_step(L);
    lua_pushvalue(L, COUNTS);
    lua_pushvalue(L, EDGES);
    return 2;
}

static const l_function functions[] = {
    {"cumsum", l_array_cumsum, 1, 2, 0},
    {"cumprod", l_array_cumprod, 1, 2, 0},
    {"diff", l_array_diff, 1, 3, 0},
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
