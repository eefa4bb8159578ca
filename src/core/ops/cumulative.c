/* Running sums and products along an axis, and differences. */

#include "ops/cumulative.h"

#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "ops/map.h"
#include "ops/reduce.h"

/* Adds to each row but the first of x (outer, n, inner) the one before it, or
   multiplies it by that. */
typedef void (*accumulate)(void *x, size_t outer, size_t n, size_t inner);

#define ACCUMULATE(NAME, T, OP)                                            \
    static void NAME(void *elements, size_t outer, size_t n, size_t inner) \
    {                                                                      \
        size_t size = n * inner;                                           \
        PG_EACH_WIDE (size, o, outer) {                                    \
            T *x = (T *)elements + o * size;                               \
            PG_EACH_WIDE (inner, r, n - 1) {                               \
                for (size_t i = 0; i < inner; i++)                         \
                    x[inner + i] OP x[i];                                  \
                x += inner;                                                \
            }                                                              \
        }                                                                  \
    }
ACCUMULATE(cumsum_float64, double, +=)
ACCUMULATE(cumsum_integer, uint64_t, +=) /* signed ones wrap the same way */
ACCUMULATE(cumprod_float64, double, *=)
ACCUMULATE(cumprod_integer, uint64_t, *=)

static pg_status run_along(pg_array *out, const pg_array *a, int axis,
                           accumulate of_floats, accumulate of_integers,
                           pg_error *err)
{
    size_t lengths[3];
    memset(out, 0, sizeof *out);
    pg_status status = pg_axis_check(a, axis, err);
    if (status != PG_OK)
        return status;
    pg_axes_lengths(lengths, a, axis, axis + 1);
    status = pg_array_astype(out, a, pg_sum_dtype(a->dtype), err);
    if (status == PG_OK && pg_array_size(out) > 0)
        (out->dtype == PG_FLOAT64 ? of_floats : of_integers)(
            out->data, lengths[0], lengths[1], lengths[2]);
    status = pg_array_end(out, status, err);
    if (status == PG_OK && a->dtype == PG_FLOAT32) {
        pg_array wide = *out;
        status = pg_array_astype(out, &wide, a->dtype, err);
        pg_array_release(&wide);
    }
    return status;
}

pg_status pg_cumsum(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    return run_along(out, a, axis, cumsum_float64, cumsum_integer, err);
}

pg_status pg_cumprod(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    return run_along(out, a, axis, cumprod_float64, cumprod_integer, err);
}

/* *out = a[1:] - a[:-1] along the axis, whose length is 1 or more. */
static pg_status diff_once(pg_array *out, const pg_array *a, int axis,
                           pg_error *err)
{
    pg_array later, earlier;
    pg_array_view(&later, a);
    pg_array_view(&earlier, a);
    later.shape[axis]--;
    earlier.shape[axis]--;
    if (later.shape[axis] > 0)
        later.data = (char *)later.data + later.strides[axis];
    pg_binary_op op = a->dtype == PG_BOOL ? PG_NOT_EQUAL : PG_SUBTRACT;
    pg_status status = pg_binary(out, op, &later, &earlier, err);
    pg_array_release(&later);
    pg_array_release(&earlier);
    return status;
}

pg_status pg_diff(pg_array *out, const pg_array *a, size_t times, int axis,
                  pg_error *err)
{
    memset(out, 0, sizeof *out);
    pg_status status = pg_axis_check(a, axis, err);
    if (status == PG_OK && times == 0)
        return pg_array_copy(out, a, err);
    times = status == PG_OK ? pg_size_min(times, pg_size_max(1, a->shape[axis]))
                            : 0;
    pg_array rest;
    pg_array_view(&rest, a);
    for (size_t i = 0; i < times && status == PG_OK; i++) {
        if (rest.shape[axis] == 0)
            status = pg_array_copy(out, &rest, err);
        else
            status = diff_once(out, &rest, axis, err);
        pg_array_release(&rest);
        rest = *out;
    }
    if (times == 0)
        pg_array_release(&rest);
    return status;
}
