/* Arrays made from a rule: constants, diagonals, triangles, grids, ranges. */

#include "array/create.h"

#include <math.h>
#include <string.h>

#include "array/cast.h"
#include "array/copy.h"
#include "base/interrupt.h"

pg_status pg_array_fill(const pg_array *a, pg_scalar value, pg_error *err)
{
    pg_element element;
    pg_array one;
    pg_status status = pg_scalar_store(&element, value, a->dtype, err);
    if (status != PG_OK)
        return status;
    pg_array_borrow(&one, &element, a->dtype, 0, NULL);
    return pg_array_assign(a, &one, err);
}

pg_status pg_full(pg_array *out, pg_dtype dtype, int ndim, const size_t *shape,
                  pg_scalar value, pg_error *err)
{
    pg_element element;
    pg_array one, all;
    memset(out, 0, sizeof *out);
    pg_status status = pg_scalar_store(&element, value, dtype, err);
    if (status != PG_OK)
        return status;
    pg_array_borrow(&one, &element, dtype, 0, NULL);
    status = pg_array_broadcast_view(&all, &one, ndim, shape, err);
    if (status == PG_OK)
        status = pg_array_astype(out, &all, dtype, err);
    return status;
}

pg_status pg_eye(pg_array *out, size_t n, pg_dtype dtype, pg_error *err)
{
    pg_status status =
        pg_array_zeros(out, dtype, 2, (const size_t[]){n, n}, err);
    if (status != PG_OK)
        return status;
    pg_array diagonal = *out;
    diagonal.ndim = 1;
    diagonal.strides[0] += diagonal.strides[1];
    return pg_array_fill(&diagonal, (pg_scalar){.kind = 'i', .as.i = 1}, err);
}

/* --- diagonals, triangles, grids ------------------------------------------ */

static size_t magnitude(int64_t k)
{
    return k < 0 ? 0 - (size_t)k : (size_t)k;
}

/* The elements of a matrix k places above its diagonal; not retained. */
static pg_array diagonal_of(const pg_array *a, int64_t k)
{
    pg_array view = *a;
    size_t row = k < 0 ? magnitude(k) : 0, column = k > 0 ? magnitude(k) : 0;
    bool is_inside = row < a->shape[0] && column < a->shape[1];
    view.ndim = 1;
    view.shape[0] = 0;
    view.strides[0] = a->strides[0] + a->strides[1];
    if (is_inside) {
        view.shape[0] = pg_size_min(a->shape[0] - row, a->shape[1] - column);
        view.data = (char *)a->data + (ptrdiff_t)row * a->strides[0] +
                    (ptrdiff_t)column * a->strides[1];
    }
    return view;
}

pg_status pg_diag(pg_array *out, const pg_array *a, int64_t k, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    size_t n;
    memset(out, 0, sizeof *out);
    if (a->ndim != 1 && a->ndim != 2)
        return pg_fail(err, PG_ESHAPE,
                       "diag: a vector or a matrix is needed, not shape %s",
                       pg_shape_text(text, a));
    if (a->ndim == 2) {
        pg_array diagonal = diagonal_of(a, k);
        return pg_array_copy(out, &diagonal, err);
    }
    if (__builtin_add_overflow(a->shape[0], magnitude(k), &n))
        n = SIZE_MAX; /* more than any array has */
    pg_status status =
        pg_array_zeros(out, a->dtype, 2, (const size_t[]){n, n}, err);
    if (status != PG_OK)
        return status;
    pg_array diagonal = diagonal_of(out, k);
    pg_cast_array(&diagonal, a);
    return pg_array_end(out, PG_OK, err);
}

pg_status pg_triangle_of(pg_array *out, const pg_array *a, pg_triangle kept,
                         int64_t k, pg_error *err)
{
    pg_array view = *a;
    memset(out, 0, sizeof *out);
    if (a->ndim == 0)
        return pg_fail(err, PG_ESHAPE, "%s: an array of rank 0 is no matrix",
                       kept == PG_LOWER ? "tril" : "triu");
    if (a->ndim == 1) {
        view.ndim = 2;
        view.shape[0] = view.shape[1] = a->shape[0];
        view.strides[0] = 0;
        view.strides[1] = a->strides[0];
    }
    pg_status status = pg_array_copy(out, &view, err);
    if (status != PG_OK)
        return status;
    size_t rows = out->shape[out->ndim - 2], length = out->shape[out->ndim - 1];
    size_t size = pg_dtype_size(out->dtype);
    size_t all = length > 0 ? pg_array_size(out) / length : 0;
    PG_EACH_WIDE (length, i, all) {
        char *row = (char *)out->data + i * length * size;
        /* The place of the diagonal in this row: neither end of k overflows. */
        double at = (double)(i % rows) + (double)k;
        size_t first = kept == PG_LOWER
                           ? (size_t)fmin(fmax(at + 1, 0), (double)length)
                           : 0;
        size_t end = kept == PG_LOWER
                         ? length
                         : (size_t)fmin(fmax(at, 0), (double)length);
        memset(row + first * size, 0, (end - first) * size);
    }
    return pg_array_end(out, PG_OK, err);
}

pg_status pg_meshgrid(pg_array *out, const pg_array *const *arrays, int count,
                      int axis, bool is_xy, pg_error *err)
{
    size_t shape[PG_MAXDIM], lengths[PG_MAXDIM];
    pg_array vector, all = {0};
    pg_assert(count >= 1 && count <= PG_MAXDIM && axis >= 0 && axis < count);
    memset(out, 0, sizeof *out);
    for (int i = 0; i < count; i++) {
        int at = is_xy && count > 1 && i < 2 ? 1 - i : i;
        shape[at] = pg_array_size(arrays[i]);
        lengths[at] = i == axis ? shape[at] : 1;
    }
    pg_status status =
        pg_array_reshape(&vector, arrays[axis], count, lengths, err);
    if (status == PG_OK)
        status = pg_array_broadcast_view(&all, &vector, count, shape, err);
    if (status == PG_OK)
        status = pg_array_copy(out, &all, err);
    pg_array_release(&vector);
    pg_array_release(&all);
    return status;
}

/* --- ranges --------------------------------------------------------------- */

static pg_status fail_step(pg_error *err)
{
    return pg_fail(err, PG_EARG, "range: the step must not be 0");
}

/* The count of integers from low to high; one less for all 2^64 of them, which
   are more than any array holds. */
static size_t count_integers(int64_t low, int64_t high, uint64_t step)
{
    uint64_t steps = ((uint64_t)high - (uint64_t)low) / step;
    return steps == UINT64_MAX ? steps : steps + 1;
}

pg_status pg_range_integer(pg_array *out, int64_t first, int64_t last,
                           int64_t step, pg_error *err)
{
    memset(out, 0, sizeof *out);
    if (step == 0)
        return fail_step(err);
    size_t n = 0;
    if (step > 0 && first <= last)
        n = count_integers(first, last, (uint64_t)step);
    else if (step < 0 && first >= last)
        n = count_integers(last, first, 0 - (uint64_t)step);
    pg_status status = pg_array_new(out, PG_INT64, 1, &n, err);
    int64_t *values = out->data;
    if (status != PG_OK)
        return status;
    PG_EACH (i, n)
        values[i] = (int64_t)((uint64_t)first + i * (uint64_t)step);
    return pg_array_end(out, PG_OK, err);
}

/* The arithmetic progression (first + i * step) * factor. The factor is 2 where
   last - first overflows, and first and step are halved: exactly, as only large
   numbers are that far apart. */
typedef struct progression {
    double first, step, factor;
} progression;

static double factor_of(double first, double last)
{
    return isfinite(last - first) ? 1 : 2;
}

static inline double value_at(const progression *p, size_t i)
{
    return (p->first + (double)i * p->step) * p->factor;
}

pg_status pg_range_float(pg_array *out, double first, double last, double step,
                         pg_error *err)
{
    memset(out, 0, sizeof *out);
    if (step == 0)
        return fail_step(err);
    if (!isfinite(first) || !isfinite(last) || !isfinite(step))
        return pg_fail(err, PG_EARG,
                       "range: %g to %g by %g does not end: all three must be "
                       "finite",
                       first, last, step);
    double factor = factor_of(first, last);
    progression p = {first / factor, step / factor, factor};
    /* Includes a last that rounding has put just out of reach: 0, 1, 0.1. */
    double steps = (last / factor - p.first) / p.step;
    double count = floor(steps * (1 + 1e-15) + 1e-12) + 1;
    if (!(count < 0x1p62))
        return pg_fail(err, PG_EARG,
                       "range: %g to %g by %g would be %g numbers", first, last,
                       step, count);
    size_t n = count > 0 ? (size_t)count : 0;
    pg_status status = pg_array_new(out, PG_FLOAT64, 1, &n, err);
    double *values = out->data;
    if (status != PG_OK)
        return status;
    PG_EACH (i, n)
        values[i] = value_at(&p, i);
    if (n > 0 && (step > 0 ? values[n - 1] > last : values[n - 1] < last))
        values[n - 1] = last; /* rounding must not lead beyond it */
    return pg_array_end(out, PG_OK, err);
}

/* Between the smallest numbers the step rounds to 0: there each number is its
   fraction of the distance, as in NumPy. */
pg_status pg_linspace(pg_array *out, double first, double last, size_t n,
                      pg_error *err)
{
    memset(out, 0, sizeof *out);
    if (!isfinite(first) || !isfinite(last))
        return pg_fail(err, PG_EARG,
                       "linspace: both ends must be finite, not %g and %g",
                       first, last);
    pg_status status = pg_array_new(out, PG_FLOAT64, 1, &n, err);
    if (status != PG_OK)
        return status;
    double factor = factor_of(first, last), parts = (double)(n - 1);
    double whole = last / factor - first / factor;
    double low = fmin(first, last), high = fmax(first, last);
    progression p = {first / factor, whole / parts, factor};
    double *values = out->data;
    PG_EACH (i, n) {
        double value =
            p.step == 0 ? first + (double)i / parts * whole : value_at(&p, i);
        /* A step that was rounded up would lead beyond the end. */
        values[i] = value < low ? low : value > high ? high : value;
    }
    if (n > 0)
        values[0] = first;
    if (n > 1)
        values[n - 1] = last; /* exactly */
    return pg_array_end(out, PG_OK, err);
}
