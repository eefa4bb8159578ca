/* Reductions along an axis or over all elements, and softmax. */
#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "bind/base/scalar.h"
#include "bind/base/status.h"
#include "core/ops/map.h"
#include "core/ops/reduce.h"

/* Reduces all elements to a number, and pushes it. The array of rank 0 is no
   userdata, so nothing may raise before it is released. */
static int push_reduced(lua_State *L, pg_reduce_op op, const pg_array *a)
{
    pg_error err;
    pg_array one;
    pg_scalar scalar = {0};
    pg_status status = pg_reduce(&one, op, a, PG_ALL, false, &err);
    if (status == PG_OK)
        status = pg_array_item(&scalar, &one, &err);
    pg_array_release(&one);
    l_check(L, status, &err);
    l_scalar_push(L, scalar);
    return 1;
}

/* sum(a [, axis [, keepdims]]), ... */
static int l_array_reduce(lua_State *L)
{
    enum { A = 1, AXIS, KEEPDIMS };
    pg_error err;
    lua_settop(L, KEEPDIMS);
    bool all = lua_isnil(L, AXIS), keep = l_boolean_opt(L, KEEPDIMS, false);
    pg_reduce_op op = (pg_reduce_op)l_call_operation(L);
    if (all && !keep)
        return push_reduced(L, op, l_array_to(L, A));
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, A);
    int axis = all ? PG_ALL : l_axis_check(L, AXIS, a);
    return l_array_return_scalar(L, pg_reduce(out, op, a, axis, keep, &err),
                                 &err);
}

/* softmax(a [, axis]); the default is the last axis */
static int l_array_softmax(lua_State *L)
{
    enum { A = 1, AXIS };
    pg_error err;
    lua_settop(L, AXIS);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, A);
    l_argument_check(L, a->ndim > 0, A, "softmax needs rank 1 or more");
    int axis = lua_isnil(L, AXIS) ? a->ndim - 1 : l_axis_check(L, AXIS, a);
    return l_array_return(L, pg_softmax(out, a, axis, &err), &err);
}

static const l_function functions[] = {
    {"sum", l_array_reduce, 1, 3, PG_SUM},
    {"mean", l_array_reduce, 1, 3, PG_MEAN},
    {"var", l_array_reduce, 1, 3, PG_VAR},
    {"std", l_array_reduce, 1, 3, PG_STD},
    {"norm", l_array_reduce, 1, 3, PG_NORM},
    {"any", l_array_reduce, 1, 3, PG_ANY},
    {"all", l_array_reduce, 1, 3, PG_ALL_TRUE},
    {"min", l_array_reduce, 1, 3, PG_MIN},
    {"max", l_array_reduce, 1, 3, PG_MAX},
    {"argmin", l_array_reduce, 1, 3, PG_ARGMIN},
    {"argmax", l_array_reduce, 1, 3, PG_ARGMAX},
    {"softmax", l_array_softmax, 1, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_reduce(lua_State *L)
{
    l_array_add_functions(L, functions);
}
