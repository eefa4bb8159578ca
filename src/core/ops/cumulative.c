/* Running sums and products along an axis, and differences. */

#include "ops/cumulative.h"

#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "ops/map.h"
#include "ops/reduce.h"

/* out = the running results of `count` neighbouring columns of in (n, inner),
   which are kept in sums (count). */
typedef void (*accumulation)(void *out, const void *in, void *sums, size_t n,
                             size_t inner, size_t count);

#define PG_TEMPLATE "ops/cumulative_template.h"
#include "array/each_dtype.h"

#define ROW_OF_SUM(NAME, ctype, name, kind) [PG_##NAME] = cumsum_##NAME,
#define ROW_OF_PROD(NAME, ctype, name, kind) [PG_##NAME] = cumprod_##NAME,
static const accumulation cumsums[] = {PG_DTYPES(ROW_OF_SUM)};
static const accumulation cumprods[] = {PG_DTYPES(ROW_OF_PROD)};

/* Columns of a job, at most. Threads take jobs where there is work for two. */
enum { STRIPE = 512, WORTH_THREADS = 65536 };

/* The rows of in (outer, n, inner) are accumulated in out, both dense. */
typedef struct running {
    char *out;
    const char *in;
    size_t out_size, size; /* of an element */
    accumulation accumulate;
    size_t n, inner, stripes; /* of an outer index */
} running;

/* pg_job: a stripe of one outer index. */
static void run_stripe(void *context, size_t job)
{
    const running *r = context;
    double sums[STRIPE]; /* or uint64_t */
    size_t column = job % r->stripes * STRIPE;
    size_t offset = job / r->stripes * r->n * r->inner + column;
    r->accumulate(r->out + offset * r->out_size, r->in + offset * r->size, sums,
                  r->n, r->inner, pg_size_min(STRIPE, r->inner - column));
}

static pg_status run_along(pg_array *out, const pg_array *a, int axis,
                           const accumulation *of, pg_error *err)
{
    size_t lengths[3];
    pg_array dense;
    memset(out, 0, sizeof *out);
    pg_status status = pg_axis_check(a, axis, err);
    if (status == PG_OK)
        status = pg_array_dense(&dense, a, err);
    if (status != PG_OK)
        return status;
    pg_axes_lengths(lengths, a, axis, axis + 1);
    pg_dtype dtype =
        pg_dtype_is_float(a->dtype) ? a->dtype : pg_sum_dtype(a->dtype);
    status = pg_array_new(out, dtype, a->ndim, a->shape, err);
    size_t size = status == PG_OK ? pg_array_size(out) : 0;
    if (size > 0) {
        running r = {.out = out->data,
                     .in = dense.data,
                     .out_size = pg_dtype_size(dtype),
                     .size = pg_dtype_size(a->dtype),
                     .accumulate = of[a->dtype],
                     .n = lengths[1],
                     .inner = lengths[2],
                     .stripes = pg_size_divide_up(lengths[2], STRIPE)};
        pg_parallel_for(lengths[0] * r.stripes,
                        size > WORTH_THREADS && r.n * lengths[2] > 1000,
                        run_stripe, &r);
    }
    pg_array_release(&dense);
    return pg_array_end(out, status, err);
}

pg_status pg_cumsum(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    return run_along(out, a, axis, cumsums, err);
}

pg_status pg_cumprod(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    return run_along(out, a, axis, cumprods, err);
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
    if (status == PG_OK && pg_array_size(a) == 0) {
        size_t shape[PG_MAXDIM];
        memcpy(shape, a->shape, sizeof shape);
        shape[axis] -= pg_size_min(times, shape[axis]);
        return pg_array_new(out, a->dtype, a->ndim, shape, err);
    }
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
