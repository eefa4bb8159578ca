/* Softmax, its kin, and the cross-entropy of scores. */
#include "core/neural/softmax.h"

#include "bind/array/axes.h"
#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/neural/cross_entropy.h"
#include "core/ops/reduce.h"

/* The array at 1; raises for rank 0. */
static const pg_array *check_has_axis(lua_State *L)
{
    const pg_array *a = l_array_to(L, 1);
    l_argument_check(L, a->ndim > 0, 1, "an array of rank 0 has no axis");
    return a;
}

/* softmax(a [, axis]), operation 0, and log_softmax, 1; the default is the last
   axis */
static int l_array_softmax(lua_State *L)
{
    enum { A = 1, AXIS };
    pg_error err;
    lua_settop(L, AXIS);
    pg_array *out = l_array_push_result(L, l_array_room(L, A));
    const pg_array *a = check_has_axis(L);
    int axis = lua_isnil(L, AXIS) ? a->ndim - 1 : l_axis_check(L, AXIS, a);
    l_array_offer_memory(out);
    pg_status status = l_call_operation(L) == 0
                           ? pg_softmax(out, a, axis, &err)
                           : pg_log_softmax(out, a, axis, &err);
    return l_array_return(L, status, &err);
}

/* logsumexp(a [, axes [, keep]] [, {keep = false}]); the default is the last
   axis */
static int l_array_logsumexp(lua_State *L)
{
    enum { A = 1, AXES };
    static const char *const names[] = {"keep", NULL};
    pg_error err;
    l_reduction_arguments(L, AXES, names);
    bool keep = l_keep_check(L, AXES);
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, A));
    const pg_array *a = check_has_axis(L);
    unsigned axes =
        lua_isnil(L, AXES) ? PG_AXIS(a->ndim - 1) : l_axes_check(L, AXES, a);
    return l_array_return_scalar(L, pg_logsumexp(out, a, axes, keep, &err),
                                 &err);
}

/* softmax_cross_entropy(scores, y) -> number */
static int l_softmax_cross_entropy(lua_State *L)
{
    enum { SCORES = 1, Y };
    pg_error err;
    double loss;
    const pg_array *scores, *y;
    l_arrays_to(L, &scores, SCORES, &y, Y);
    l_check(L, pg_softmax_cross_entropy(&loss, scores, y, &err), &err);
    lua_pushnumber(L, loss);
    return 1;
}

/* softmax_cross_entropy_gradient(scores, y) -> (n, k) */
static int l_softmax_cross_entropy_gradient(lua_State *L)
{
    enum { SCORES = 1, Y };
    pg_error err;
    const pg_array *scores, *y;
    lua_settop(L, Y);
    pg_array *out = l_array_push_result(L, l_array_room(L, SCORES));
    l_arrays_to(L, &scores, SCORES, &y, Y);
    return l_array_return(
        L, pg_softmax_cross_entropy_gradient(out, scores, y, &err), &err);
}

static const l_function functions[] = {
    {"softmax", l_array_softmax, 1, 2, 0},
    {"log_softmax", l_array_softmax, 1, 2, 1},
    {"logsumexp", l_array_logsumexp, 1, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function module_functions[] = {
    {"softmax_cross_entropy", l_softmax_cross_entropy, 2, 2, 0},
    {"softmax_cross_entropy_gradient", l_softmax_cross_entropy_gradient, 2, 2,
     0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_softmax(lua_State *L)
{
    l_array_add_functions(L, functions);
    l_add_functions(L, module_functions, NULL);
}
