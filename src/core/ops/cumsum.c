#include "ops/cumsum.h"

#include <string.h>

#include "base/interrupt.h"
#include "array/copy.h"

/* x (outer, n, inner): each row but the first has the one before it added. */
#define CUMSUM(NAME, T)                                               \
    static void cumsum_##NAME(void *elements, size_t outer, size_t n, \
                              size_t inner)                           \
    {                                                                 \
        size_t size = n * inner;                                      \
        PG_EACH_WIDE (size, o, outer) {                               \
            T *x = (T *)elements + o * size;                          \
            PG_EACH_WIDE (inner, r, n - 1) {                          \
                for (size_t i = 0; i < inner; i++)                    \
                    x[inner + i] += x[i];                             \
                x += inner;                                           \
            }                                                         \
        }                                                             \
    }
CUMSUM(FLOAT64, double)
CUMSUM(INTEGER, uint64_t) /* signed ones wrap the same way */

static pg_dtype sum_dtype(pg_dtype dtype)
{
    if (pg_dtype_is_float(dtype))
        return PG_FLOAT64;
    return pg_dtype_kind(dtype) == 'u' ? PG_UINT64 : PG_INT64;
}

static void add_up(const pg_array *sums, int axis)
{
    size_t outer = 1, inner = 1;
    for (int i = 0; i < axis; i++)
        outer *= sums->shape[i];
    for (int i = axis + 1; i < sums->ndim; i++)
        inner *= sums->shape[i];
    if (sums->dtype == PG_FLOAT64)
        cumsum_FLOAT64(sums->data, outer, sums->shape[axis], inner);
    else
        cumsum_INTEGER(sums->data, outer, sums->shape[axis], inner);
}

pg_status pg_cumsum(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    memset(out, 0, sizeof *out);
    pg_status status = pg_axis_check(a, axis, err);
    if (status != PG_OK)
        return status;
    status = pg_array_astype(out, a, sum_dtype(a->dtype), err);
    if (status == PG_OK && pg_array_size(out) > 0)
        add_up(out, axis);
    status = pg_array_end(out, status, err);
    if (status != PG_OK || a->dtype != PG_FLOAT32)
        return status;
    pg_array sums = *out;
    status = pg_array_astype(out, &sums, PG_FLOAT32, err);
    pg_array_release(&sums);
    return status;
}
