#include "cumsum.h"

/* x (outer, n, inner): each row but the first has the one before it added. */
#define CUMSUM(NAME, T)                                               \
    static void cumsum_##NAME(void *elements, size_t outer, size_t n, \
                              size_t inner)                           \
    {                                                                 \
        T *x = elements;                                              \
        for (size_t o = 0; o < outer; o++, x += inner)                \
            for (size_t r = 1; r < n; r++, x += inner)                \
                for (size_t i = 0; i < inner; i++)                    \
                    x[inner + i] += x[i];                             \
    }
CUMSUM(FLOAT32, float)
CUMSUM(FLOAT64, double)
CUMSUM(INTEGER, uint64_t) /* signed ones wrap the same way */

static pg_dtype cumsum_dtype(pg_dtype dtype)
{
    if (pg_dtype_is_float(dtype))
        return dtype;
    return pg_dtype_kind(dtype) == 'u' ? PG_UINT64 : PG_INT64;
}

pg_status pg_cumsum(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    size_t outer = 1, inner = 1;
    pg_status status = pg_array_astype(out, a, cumsum_dtype(a->dtype), err);
    if (status != PG_OK || pg_array_size(out) == 0)
        return status;
    for (int i = 0; i < axis; i++)
        outer *= a->shape[i];
    for (int i = axis + 1; i < a->ndim; i++)
        inner *= a->shape[i];
    if (out->dtype == PG_FLOAT32)
        cumsum_FLOAT32(out->data, outer, a->shape[axis], inner);
    else if (out->dtype == PG_FLOAT64)
        cumsum_FLOAT64(out->data, outer, a->shape[axis], inner);
    else
        cumsum_INTEGER(out->data, outer, a->shape[axis], inner);
    return PG_OK;
}
