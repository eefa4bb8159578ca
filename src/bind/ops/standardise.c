/* Columns of mean 0 and deviation 1, for the library's pg.standardise. */
#include "bind/array/array.h"
#include "bind/array/nested_table.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/statistics/standardise.h"

/* column_scale(x) -> the mean and the deviation of each column */
static int l_column_scale(lua_State *L)
{
    enum { X = 1 };
    pg_error err;
    pg_array *mean = l_array_push(L);
    pg_array *std = l_array_push(L);
    const pg_array *x = l_array_to(L, X);
    l_check(L, pg_column_scale(mean, std, x, &err), &err);
    return 2;
}

/* scale_columns(x, mean, std) -> (x - mean) / std */
static int l_scale_columns(lua_State *L)
{
    enum { X = 1, MEAN, STD };
    pg_error err;
    for (int arg = X; arg <= STD; arg++)
        l_array_to(L, arg);
    pg_array *out = l_array_push(L);
    return l_array_return(L,
                          pg_scale_columns(out, l_array_check(L, X),
                                           l_array_check(L, MEAN),
                                           l_array_check(L, STD), &err),
                          &err);
}

static const l_function functions[] = {
    {"column_scale", l_column_scale, 1, 1, 0},
    {"scale_columns", l_scale_columns, 3, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_standardise(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
