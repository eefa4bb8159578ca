/* Medians, quantiles, covariances and correlations. */
#include "bind/array/axes.h"
#include "bind/array/nested_table.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/status.h"
#include "core/statistics/covariance.h"
#include "core/statistics/quantile.h"

static const char *const reduction_names[] = {"keep", NULL};

/* median(a [, axes [, keep]] [, {keep = false}]) */
static int l_array_median(lua_State *L)
{
    enum { A = 1, AXES };
    pg_error err;
    l_reduction_arguments(L, AXES, reduction_names);
    bool keep = l_keep_check(L, AXES);
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, A));
    const pg_array *a = l_array_to(L, A);
    unsigned axes = l_axes_check(L, AXES, a);
    return l_array_return_scalar(L, pg_median(out, a, axes, keep, &err), &err);
}

/* quantile(a, q [, axes [, keep]] [, {keep = false}]), and percentile; the
   operation is the q of the greatest element */
static int l_array_quantile(lua_State *L)
{
    enum { A = 1, Q, AXES };
    pg_error err;
    const pg_array *a, *q;
    l_reduction_arguments(L, AXES, reduction_names);
    bool keep = l_keep_check(L, AXES);
    double whole = l_call_operation(L);
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, A));
    l_arrays_to(L, &a, A, &q, Q);
    unsigned axes = l_axes_check(L, AXES, a);
    return l_array_return_scalar(
        L, pg_quantile(out, a, q, whole, axes, keep, &err), &err);
}

/* Sets the stack to a, b or nil, options or nil. */
static void settle_variables(lua_State *L, const char *const *names)
{
    enum { A = 1, B, OPTIONS };
    lua_settop(L, OPTIONS);
    if (lua_isnil(L, OPTIONS) && l_is_options(L, B)) {
        l_call_insert_nil(L, B);
        lua_settop(L, OPTIONS);
    }
    l_options_check(L, OPTIONS, names);
}

/* cov(a [, b] [, {rowvar = true, ddof = 1}]) */
static int l_array_covariance(lua_State *L)
{
    enum { A = 1, B, OPTIONS };
    static const char *const names[] = {"rowvar", "ddof", NULL};
    pg_error err;
    const pg_array *a, *b = NULL;
    settle_variables(L, names);
    bool rows = l_option_boolean(L, OPTIONS, "rowvar", true);
    lua_Integer ddof = l_option_integer(L, OPTIONS, "ddof", 1);
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, A));
    if (lua_isnil(L, B))
        a = l_array_to(L, A);
    else
        l_arrays_to(L, &a, A, &b, B);
    return l_array_return_scalar(L, pg_covariance(out, a, b, rows, ddof, &err),
                                 &err);
}

/* corrcoef(a [, b] [, {rowvar = true}]) */
static int l_array_correlation(lua_State *L)
{
    enum { A = 1, B, OPTIONS };
    static const char *const names[] = {"rowvar", NULL};
    pg_error err;
    const pg_array *a, *b = NULL;
    settle_variables(L, names);
    bool rows = l_option_boolean(L, OPTIONS, "rowvar", true);
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, A));
    if (lua_isnil(L, B))
        a = l_array_to(L, A);
    else
        l_arrays_to(L, &a, A, &b, B);
    return l_array_return_scalar(L, pg_correlation(out, a, b, rows, &err),
                                 &err);
}

static const l_function functions[] = {
    {"median", l_array_median, 1, 3, 0},
    {"quantile", l_array_quantile, 2, 4, 1},
    {"percentile", l_array_quantile, 2, 4, 100},
    {"cov", l_array_covariance, 1, 3, 0},
    {"corrcoef", l_array_correlation, 1, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_statistics(lua_State *L)
{
    l_array_add_functions(L, functions);
}
