/* The factors of dropout. */
#include "core/neural/dropout.h"

#include "bind/array/array.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "bind/ops/random.h"

/* dropout_mask(array or shape, p [, generator]) -> an array of that shape, and
   of the array's dtype if that is floating, else float64 */
static int l_dropout_mask(lua_State *L)
{
    enum { LIKE = 1, P, GENERATOR };
    pg_error err;
    int next, ndim;
    size_t shape[PG_MAXDIM];
    pg_dtype dtype = PG_FLOAT64;
    const pg_array *like = l_array_test(L, LIKE);
    lua_settop(L, GENERATOR);
    if (like) {
        ndim = like->ndim;
        for (int i = 0; i < ndim; i++)
            shape[i] = like->shape[i];
        dtype = pg_dtype_is_float(like->dtype) ? like->dtype : PG_FLOAT64;
    } else {
        l_argument_expect(L, lua_istable(L, LIKE), LIKE, "array or shape");
        ndim = l_shape_check(L, LIKE, shape, &next, false);
    }
    double p = l_number_check(L, P);
    l_argument_check(L, p >= 0 && p <= 1, P, "a probability is from 0 to 1");
    pg_array *out = l_array_push_result(L, l_shape_room(ndim, shape));
    pg_random *g = l_random_opt(L, GENERATOR);
    l_array_offer_memory(out);
    return l_array_return(
        L, pg_dropout_mask(out, dtype, ndim, shape, p, g, &err), &err);
}

static const l_function functions[] = {
    {"dropout_mask", l_dropout_mask, 2, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_dropout(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
