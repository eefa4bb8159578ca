/* Reductions over axes or over all elements. */
#include "bind/array/axes.h"
#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/scalar.h"
#include "bind/base/status.h"
#include "core/array/storage.h"
#include "core/ops/reduce.h"

/* Reduces all elements to a number, and pushes it. The array of rank 0 is no
   userdata, so nothing may raise before it is released. */
static int push_reduced(lua_State *L, pg_reduce_op op, const pg_array *a,
                        double ddof)
{
    pg_error err;
    pg_array one;
    pg_scalar scalar = {0};
    uint64_t memory[PG_STORAGE_HEADER / sizeof(uint64_t) + 1];
    pg_storage_offer(memory, sizeof(uint64_t));
    pg_status status = pg_reduce_ddof(&one, op, a, PG_ALL, false, ddof, &err);
    if (status == PG_OK)
        status = pg_array_item(&scalar, &one, &err);
    pg_array_release(&one);
    pg_storage_offer(NULL, 0);
    l_check(L, status, &err);
    l_scalar_push(L, scalar);
    return 1;
}

/* The arguments are those of axes.h; names are those of the options. */
static int reduce(lua_State *L, const char *const *names)
{
    enum { A = 1, AXES, KEEP_OR_OPTIONS };
    pg_error err;
    l_reduction_arguments(L, AXES, names);
    bool keep = l_keep_check(L, AXES);
    double ddof = 0;
    if (lua_istable(L, KEEP_OR_OPTIONS))
        ddof = l_option_number(L, KEEP_OR_OPTIONS, "ddof", 0);
    pg_reduce_op op = (pg_reduce_op)l_call_operation(L);
    if (lua_isnil(L, AXES) && !keep)
        return push_reduced(L, op, l_array_to(L, A), ddof);
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, A));
    const pg_array *a = l_array_to(L, A);
    unsigned axes = l_axes_check(L, AXES, a);
    l_array_offer_memory(out);
    return l_array_return_scalar(
        L, pg_reduce_ddof(out, op, a, axes, keep, ddof, &err), &err);
}

/* sum(a [, axes [, keep]] [, {keep = false}]), ... */
static int l_array_reduce(lua_State *L)
{
    static const char *const names[] = {"keep", NULL};
    return reduce(L, names);
}

/* var(a [, axes [, keep]] [, {keep = false, ddof = 0}]), ... */
static int l_array_spread(lua_State *L)
{
    static const char *const names[] = {"keep", "ddof", NULL};
    return reduce(L, names);
}

static const l_function functions[] = {
    {"sum", l_array_reduce, 1, 3, PG_SUM},
    {"mean", l_array_reduce, 1, 3, PG_MEAN},
    {"var", l_array_spread, 1, 3, PG_VAR},
    {"std", l_array_spread, 1, 3, PG_STD},
    {"norm", l_array_reduce, 1, 3, PG_NORM},
    {"any", l_array_reduce, 1, 3, PG_ANY},
    {"all", l_array_reduce, 1, 3, PG_ALL_TRUE},
    {"min", l_array_reduce, 1, 3, PG_MIN},
    {"max", l_array_reduce, 1, 3, PG_MAX},
    {"argmin", l_array_reduce, 1, 3, PG_ARGMIN},
    {"argmax", l_array_reduce, 1, 3, PG_ARGMAX},
    {"prod", l_array_reduce, 1, 3, PG_PROD},
    {"ptp", l_array_reduce, 1, 3, PG_PTP},
    {"nansum", l_array_reduce, 1, 3, PG_NANSUM},
    {"nanmean", l_array_reduce, 1, 3, PG_NANMEAN},
    {"count_nonzero", l_array_reduce, 1, 3, PG_COUNT_NONZERO},
    {NULL, NULL, 0, 0, 0},
};

void l_open_reduce(lua_State *L)
{
    l_array_add_functions(L, functions);
}
