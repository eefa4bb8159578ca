/* Linear algebra by LAPACK. */
#include "bind/array/nested_table.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/status.h"
#include "core/ops/lapack.h"

static int l_array_solve(lua_State *L)
{
    pg_error err;
    const pg_array *a, *b;
    lua_settop(L, 2);
    pg_array *x = l_array_push(L);
    l_arrays_to(L, &a, 1, &b, 2);
    return l_array_return(L, pg_solve(x, a, b, &err), &err);
}

static int l_array_inverse(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_inverse(out, l_array_to(L, 1), &err), &err);
}

static int l_array_determinant(lua_State *L)
{
    pg_error err;
    double determinant;
    lua_settop(L, 1);
    l_check(L, pg_determinant(&determinant, l_array_to(L, 1), &err), &err);
    lua_pushnumber(L, determinant);
    return 1;
}

static int l_array_cholesky(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *l = l_array_push(L);
    return l_array_return(L, pg_cholesky(l, l_array_to(L, 1), &err), &err);
}

static int l_array_qr(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *q = l_array_push(L), *r = l_array_push(L);
    l_array_return(L, pg_qr(q, r, l_array_to(L, 1), &err), &err);
    return 2;
}

static int l_array_eigh(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *w = l_array_push(L), *v = l_array_push(L);
    l_array_return(L, pg_eigh(w, v, l_array_to(L, 1), &err), &err);
    return 2;
}

/* svd(a [, {full_matrices = true}]) */
static int l_array_svd(lua_State *L)
{
    static const char *const names[] = {"full_matrices", NULL};
    pg_error err;
    lua_settop(L, 2);
    l_options_check(L, 2, names);
    bool is_full = l_option_boolean(L, 2, "full_matrices", true);
    pg_array *u = l_array_push(L), *s = l_array_push(L), *vt = l_array_push(L);
    l_array_return(L, pg_svd(u, s, vt, l_array_to(L, 1), is_full, &err), &err);
    return 3;
}

/* lstsq(a, b [, {rcond = number}]) -> x, residuals, rank, s */
static int l_array_least_squares(lua_State *L)
{
    static const char *const names[] = {"rcond", NULL};
    pg_error err;
    const pg_array *a, *b;
    pg_least_squares_result result;
    lua_settop(L, 3);
    l_options_check(L, 3, names);
    double rcond = l_option_number(L, 3, "rcond", -1);
    pg_array *x = l_array_push(L), *residuals = l_array_push(L);
    pg_array *s = l_array_push(L);
    l_arrays_to(L, &a, 1, &b, 2);
    pg_status status = pg_least_squares(&result, a, b, rcond, &err);
    *x = result.x;
    *residuals = result.residuals;
    *s = result.s;
    l_array_return(L, status, &err);
    lua_pushinteger(L, (lua_Integer)result.rank);
    lua_insert(L, -2);
    return 4;
}

static const l_function functions[] = {
    {"solve", l_array_solve, 2, 2, 0},
    {"inv", l_array_inverse, 1, 1, 0},
    {"det", l_array_determinant, 1, 1, 0},
    {"cholesky", l_array_cholesky, 1, 1, 0},
    {"qr", l_array_qr, 1, 1, 0},
    {"eigh", l_array_eigh, 1, 1, 0},
    {"svd", l_array_svd, 1, 2, 0},
    {"lstsq", l_array_least_squares, 2, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_lapack(lua_State *L)
{
    l_array_add_functions(L, functions);
}
