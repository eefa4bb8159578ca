#include "ops/create.h"

#include <math.h>
#include <string.h>

#include "array/copy.h"
#include "array/cast.h"
#include "base/interrupt.h"
#include "ops/reduce.h"

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

/* --- ranges --------------------------------------------------------------- */

static pg_status fail_step(pg_error *err)
{
    return pg_fail(err, PG_EARG, "range: the step must not be 0");
}

/* The positions from low to high; all 2^64 are more than any array has. */
static size_t integer_steps(int64_t low, int64_t high, uint64_t step)
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
        n = integer_steps(first, last, (uint64_t)step);
    else if (step < 0 && first >= last)
        n = integer_steps(last, first, 0 - (uint64_t)step);
    pg_status status = pg_array_new(out, PG_INT64, 1, &n, err);
    int64_t *values = out->data;
    if (status != PG_OK)
        return status;
    PG_EACH (i, n)
        values[i] = (int64_t)((uint64_t)first + i * (uint64_t)step);
    return pg_array_end(out, PG_OK, err);
}

/* Numbers from first on, a step apart. Where first + i * step would overflow on
   the way to a last that does not, all is halved until the sum is made: exact,
   as only large numbers are that far apart. */
typedef struct progression {
    double first, step, factor;
} progression;

static double distance(double first, double last, double factor)
{
    return last / factor - first / factor;
}

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
    /* A last that rounding has put just out of reach is meant: 0, 1, 0.1. */
    double steps = distance(first, last, factor) / p.step;
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
        values[n - 1] = last; /* what is meant does not lie beyond it */
    return pg_array_end(out, PG_OK, err);
}

/* Between the smallest numbers a step rounds to 0: there the distance is
   multiplied by each number's share of it, as NumPy does. */
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
    double whole = distance(first, last, factor);
    double low = fmin(first, last), high = fmax(first, last);
    progression p = {first / factor, whole / parts, factor};
    double *values = out->data;
    PG_EACH (i, n) {
        double value =
            p.step == 0 ? first + (double)i / parts * whole : value_at(&p, i);
        /* a step that was rounded up would lead beyond the end */
        values[i] = value < low ? low : value > high ? high : value;
    }
    if (n > 0)
        values[0] = first;
    if (n > 1)
        values[n - 1] = last; /* not what rounding makes of it */
    return pg_array_end(out, PG_OK, err);
}

/* --- labels --------------------------------------------------------------- */

static pg_status fail_label(size_t row, double value, size_t classes,
                            pg_error *err)
{
    if (isnan(value))
        value = NAN; /* without the sign that it may have */
    if (classes == 0 || floor(value) != value)
        return pg_fail(err, PG_EARG,
                       "labels: row %zu is %.14g; labels are class numbers, "
                       "0 and up",
                       row + 1, value);
    return pg_fail(err, PG_EARG,
                   "labels: row %zu is %.14g, outside the %zu classes 0 to %zu",
                   row + 1, value, classes, classes - 1);
}

const char *pg_column_hint(const pg_array *labels)
{
    return labels->ndim == 2 && labels->shape[1] == 1
               ? ": labels in one column become rank 1 by y:reshape(-1)"
               : "";
}

pg_status pg_labels_check(pg_array *out, const pg_array *labels, size_t classes,
                          pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    pg_array values;
    memset(out, 0, sizeof *out);
    if (labels->ndim != 1)
        return pg_fail(err, PG_ESHAPE,
                       "labels must be of rank 1, not of shape %s%s",
                       pg_shape_text(text, labels), pg_column_hint(labels));
    pg_status status = pg_array_astype(&values, labels, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_array_new(out, PG_INT32, 1, labels->shape, err);
    double limit = classes ? (double)classes : 0x1p31;
    const double *value = values.data;
    size_t n = status == PG_OK ? labels->shape[0] : 0;
    PG_EACH (i, n) {
        if (value[i] >= 0 && value[i] < limit && floor(value[i]) == value[i])
            ((int32_t *)out->data)[i] = (int32_t)value[i];
        else if (status == PG_OK)
            status = fail_label(i, value[i], classes, err);
    }
    status = pg_array_end(out, status, err);
    pg_array_release(&values);
    return status;
}

pg_status pg_onehot(pg_array *out, const pg_array *labels, size_t classes,
                    pg_dtype dtype, pg_error *err)
{
    pg_array checked;
    memset(out, 0, sizeof *out);
    if (classes == 0 || classes > INT32_MAX)
        return pg_fail(err, PG_EARG, "onehot: there cannot be %zu classes",
                       classes);
    pg_status status = pg_labels_check(&checked, labels, classes, err);
    size_t shape[2] = {labels->shape[0], classes};
    if (status == PG_OK)
        status = pg_array_zeros(out, dtype, 2, shape, err);
    const int32_t *label = checked.data;
    pg_element one;
    if (status == PG_OK)
        status = pg_scalar_store(&one, (pg_scalar){.kind = 'i', .as.i = 1},
                                 dtype, err);
    size_t size = pg_dtype_size(dtype), n = status == PG_OK ? shape[0] : 0;
    PG_EACH (i, n)
        memcpy((char *)out->data + (i * classes + (size_t)label[i]) * size,
               &one, size);
    status = pg_array_end(out, status, err);
    pg_array_release(&checked);
    return status;
}

pg_status pg_labels(pg_array *out, const pg_array *rows, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    if (rows->ndim != 2)
        return pg_fail(err, PG_ESHAPE,
                       "labels: a matrix of (rows, classes) is needed, not "
                       "one of shape %s",
                       pg_shape_text(text, rows));
    pg_status status = pg_reduce(out, PG_ARGMAX, rows, 1, false, err);
    int64_t *label = out->data; /* positions, from 1: class numbers from 0 */
    if (status != PG_OK)
        return status;
    PG_EACH (i, rows->shape[0])
        label[i]--;
    return pg_array_end(out, PG_OK, err);
}
