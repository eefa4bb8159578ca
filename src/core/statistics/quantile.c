/* Medians and quantiles, from order statistics of rows. */

#include "statistics/quantile.h"

#include <stdatomic.h>
#include <string.h>

#include "array/cast.h"
#include "array/copy.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ops/reduce.h"
#include "statistics/order.h"

/* A place between two elements of a sorted row. */
typedef struct place {
    size_t lower, upper; /* indices */
    double weight;       /* of the upper element, below 1 */
} place;

typedef double (*interpolation)(double lower, double upper, double weight);

/* Interpolates from the nearer end, as NumPy, so that both ends are exact. */
static double between(double lower, double upper, double weight)
{
    if (weight == 0 || lower == upper) /* infinite ones would give NaN */
        return lower;
    double distance = upper - lower;
    return weight < 0.5 ? lower + distance * weight
                        : upper - distance * (1 - weight);
}

static double middle(double lower, double upper, double weight)
{
    return weight == 0 ? lower : (lower + upper) / 2;
}

/* Rows (rows, n), and the places that out (places, rows) takes. A row is a job;
   a single one uses the threads itself. */
typedef struct quantiles {
    const pg_array *out;
    const char *elements;
    pg_dtype dtype;
    size_t n, rows, count;
    const place *places;
    interpolation interpolate;
    int threads; /* of each row */
    atomic_bool out_of_memory;
} quantiles;

/* More places of a row are worth a sort of it. */
enum { FEW_PLACES = 8 };

/* pg_job: the quantiles of one row. */
static void interpolate_row(void *context, size_t row)
{
    quantiles *s = context;
    size_t size = pg_dtype_size(s->out->dtype);
    pg_order order = {.elements =
                          s->elements + row * s->n * pg_dtype_size(s->dtype),
                      .dtype = s->dtype,
                      .n = s->n,
                      .threads = s->threads,
                      .sorts = s->count > FEW_PLACES};
    bool has_memory = pg_order_begin(&order);
    PG_EACH_WIDE (s->n, i, has_memory ? s->count : 0) {
        const place *at = &s->places[i];
        double pair[2] = {0};
        if (!pg_order_pair(pair, &order, at->lower, at->upper))
            atomic_store(&s->out_of_memory, true);
        double x = s->interpolate(pair[0], pair[1], at->weight);
        pg_cast(s->out->dtype,
                (char *)s->out->data + (i * s->rows + row) * size,
                (ptrdiff_t)size, PG_FLOAT64, (const char *)&x, sizeof x, 1);
    }
    if (has_memory)
        pg_order_end(&order);
    else
        atomic_store(&s->out_of_memory, true);
}

/* *out (rows, n) = a's elements along the axes, dense. The caller must not
   write to it. */
static pg_status rows_along(pg_array *out, const pg_array *a, unsigned axes,
                            pg_error *err)
{
    int order[PG_MAXDIM], count = 0;
    size_t shape[2] = {1, 1};
    pg_array view, copy = {0};
    memset(out, 0, sizeof *out);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < a->ndim; i++)
            if (((axes & PG_AXIS(i)) != 0) == pass) {
                order[count++] = i;
                shape[pass] *= a->shape[i];
            }
    pg_status status = pg_permute_view(&view, a, order, count, err);
    if (status == PG_OK)
        status = pg_array_dense(&copy, &view, err);
    if (status == PG_OK)
        status = pg_array_reshape(out, &copy, 2, shape, err);
    pg_array_release(&view);
    pg_array_release(&copy);
    return status;
}

/* *out, of the places' shape and that of the reduction behind it: the values at
   the places in each row of a along the axes. */
static pg_status take_places(pg_array *out, const pg_array *a, unsigned axes,
                             bool keep, int places_ndim,
                             const size_t *places_shape, const place *places,
                             interpolation interpolate, pg_error *err)
{
    pg_array rows;
    size_t shape[PG_MAXDIM + PG_MAXDIM], places_count = 1;
    int ndim =
        places_ndim + pg_reduced_shape(shape + places_ndim, a, axes, keep);
    for (int i = 0; i < places_ndim; i++) {
        shape[i] = places_shape[i];
        places_count *= places_shape[i];
    }
    PG_EXPECT_FLOATS(2);
    pg_dtype dtype = a->dtype == PG_FLOAT32 ? PG_FLOAT32 : PG_FLOAT64;
    pg_status status = pg_array_new(out, dtype, ndim, shape, err);
    if (status != PG_OK || pg_array_size(out) == 0)
        return status;
    status = rows_along(&rows, a, axes, err);
    if (status == PG_OK) {
        size_t count = rows.shape[0];
        bool many = count >= (size_t)pg_threads();
        quantiles s = {.out = out,
                       .elements = rows.data,
                       .dtype = a->dtype,
                       .n = rows.shape[1],
                       .rows = count,
                       .count = places_count,
                       .places = places,
                       .interpolate = interpolate,
                       .threads = many ? 1 : pg_threads()};
        pg_parallel_for(count, many && count * s.n > 32768, interpolate_row,
                        &s);
        if (atomic_load(&s.out_of_memory))
            status = pg_fail_memory(err, pg_array_bytes(&rows));
    }
    pg_array_release(&rows);
    return pg_array_end(out, status, err);
}

pg_status pg_median(pg_array *out, const pg_array *a, unsigned axes, bool keep,
                    pg_error *err)
{
    size_t n;
    memset(out, 0, sizeof *out);
    pg_status status = pg_reduced_size(&n, a, axes, err);
    if (status == PG_OK && n == 0)
        return pg_reduce(out, PG_MEAN, a, axes, keep, err);
    if (status != PG_OK)
        return status;
    place at = {(n - 1) / 2, n / 2, n % 2 ? 0 : 0.5};
    return take_places(out, a, axes, keep, 0, NULL, &at, middle, err);
}

/* places[i] = where quantile i lies among n >= 1 elements. */
static pg_status find_places(place *places, const double *q, size_t count,
                             double whole, size_t n, pg_error *err)
{
    PG_EACH (i, count) {
        if (!(q[i] >= 0 && q[i] <= whole))
            return pg_fail(err, PG_EARG, "%s must be 0 to %g, not %g",
                           whole == 1 ? "a quantile" : "a percentile", whole,
                           q[i]);
        double at = (double)(n - 1) * (q[i] / whole);
        size_t lower = pg_size_min((size_t)at, n - 1);
        places[i] =
            (place){lower, pg_size_min(lower + 1, n - 1), at - (double)lower};
    }
    return pg_check_interrupt(err);
}

pg_status pg_quantile(pg_array *out, const pg_array *a, const pg_array *q,
                      double whole, unsigned axes, bool keep, pg_error *err)
{
    size_t n, count = pg_array_size(q), bytes;
    pg_array wide = {0};
    memset(out, 0, sizeof *out);
    pg_status status = pg_reduced_size(&n, a, axes, err);
    if (status == PG_OK && n == 0)
        status = pg_fail(err, PG_ESHAPE, "%s of no elements",
                         whole == 1 ? "quantile" : "percentile");
    if (status == PG_OK)
        status = pg_array_as(&wide, q, PG_FLOAT64, err);
    if (status != PG_OK)
        return status;
    place *places = NULL;
    if (pg_size_multiply(&bytes, pg_size_max(1, count), sizeof *places))
        places = pg_malloc(bytes);
    if (!places)
        status = pg_fail_memory(err, bytes);
    if (status == PG_OK)
        status = find_places(places, wide.data, count, whole, n, err);
    if (status == PG_OK)
        status = take_places(out, a, axes, keep, q->ndim, q->shape, places,
                             between, err);
    if (places)
        pg_free(places, bytes);
    pg_array_release(&wide);
    return status;
}
