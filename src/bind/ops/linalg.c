/* Products of matrices and vectors. */
#include "bind/array/nested_table.h"
#include "bind/base/open.h"
#include "core/ops/linalg.h"

/* dot(a, b): a number for two vectors */
static int l_array_dot(lua_State *L)
{
    pg_error err;
    const pg_array *a, *b;
    lua_settop(L, 2);
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, 1));
    l_arrays_to(L, &a, 1, &b, 2);
    return l_array_return_scalar(L, pg_dot(out, a, b, &err), &err);
}

/* matmul(a, b): dot, and stacks of matrices */
static int l_array_matmul(lua_State *L)
{
    pg_error err;
    const pg_array *a, *b;
    lua_settop(L, 2);
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, 1));
    l_arrays_to(L, &a, 1, &b, 2);
    return l_array_return_scalar(L, pg_matmul(out, a, b, &err), &err);
}

/* outer(a, b) */
static int l_array_outer(lua_State *L)
{
    pg_error err;
    const pg_array *a, *b;
    lua_settop(L, 2);
    pg_array *out = l_array_push_result(L, l_array_usual_room(L, 1));
    l_arrays_to(L, &a, 1, &b, 2);
    return l_array_return(L, pg_outer(out, a, b, &err), &err);
}

static const l_function functions[] = {
    {"dot", l_array_dot, 2, 2, 0},
    {"matmul", l_array_matmul, 2, 2, 0},
    {"outer", l_array_outer, 2, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_linalg(lua_State *L)
{
    l_array_add_functions(L, functions);
}
