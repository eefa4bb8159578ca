/* Means and deviations of columns, and columns scaled by them, block by block
   of rows. */

#include "statistics/standardise.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "base/memory.h"

enum { BLOCK = 1 << 16 }; /* elements that are converted at a time */

/* Calls f for each block of rows, as float64: numbers[row * columns + column],
   n rows from `first` on. */
typedef pg_status (*each_block)(void *context, const double *numbers,
                                size_t first, size_t n, pg_error *err);

static size_t columns_of(const pg_array *x)
{
    size_t columns = 1;
    for (int i = 1; i < x->ndim; i++)
        columns *= x->shape[i];
    return columns;
}

static pg_status each_rows(const pg_array *x, each_block f, void *context,
                           pg_error *err)
{
    size_t rows = x->shape[0];
    size_t block = 1 + BLOCK / pg_size_max(1, columns_of(x));
    pg_status status = PG_OK;
    for (size_t i = 0; i < rows && status == PG_OK; i += block) {
        pg_array part, numbers;
        size_t n = pg_size_min(block, rows - i);
        pg_array_rows_view(&part, x, i, n);
        status = pg_array_as(&numbers, &part, PG_FLOAT64, err);
        pg_array_release(&part);
        if (status == PG_OK)
            status = f(context, numbers.data, i, n, err);
        status = pg_unless_interrupted(status, err);
        pg_array_release(&numbers);
    }
    return status;
}

static pg_status check_rows(const pg_array *x, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    if (x->ndim >= 1)
        return PG_OK;
    return pg_fail(err, PG_ESHAPE, "rows of numbers are needed, not shape %s",
                   pg_shape_text(text, x));
}

/* --- means and deviations ---------------------------------------------------
 */

typedef struct sums {
    size_t columns;
    double *mean; /* of each column, and first the sum */
    double *std;  /* and first the sum of the squared deviations */
    double *count, *correction; /* numbers that are not NaN; their deviations */
} sums;

static pg_status add_rows(void *context, const double *x, size_t first,
                          size_t n, pg_error *err)
{
    sums *s = context;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s->columns; j++, x++) {
            if (isinf(*x))
                return pg_fail(err, PG_EFINITE,
                               "row %zu, column %zu is %s, and not finite",
                               first + i + 1, j + 1, *x > 0 ? "inf" : "-inf");
            if (isnan(*x))
                continue;
            s->mean[j] += *x;
            s->count[j]++;
        }
    return PG_OK;
}

static pg_status add_deviations(void *context, const double *x, size_t first,
                                size_t n, pg_error *err)
{
    sums *s = context;
    (void)first;
    (void)err;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s->columns; j++, x++) {
            double deviation = *x - s->mean[j];
            if (isnan(deviation))
                continue;
            s->std[j] += deviation * deviation;
            s->correction[j] += deviation;
        }
    return PG_OK;
}

/* The deviation of a column, 1 for a constant one: its variance is within the
   error that n roundings make of a variance of 0. */
static double deviation_of(const sums *s, size_t j)
{
    double n = s->count[j], mean = s->mean[j], correction = s->correction[j];
    double variance = (s->std[j] - correction * correction / n) / n;
    double error = n * mean * DBL_EPSILON;
    bool is_constant = variance <= n * DBL_EPSILON * variance + error * error;
    return is_constant ? 1 : sqrt(variance);
}

static pg_status sum_up(sums *s, const pg_array *x, pg_error *err)
{
    pg_status status = each_rows(x, add_rows, s, err);
    if (status != PG_OK)
        return status;
    for (size_t j = 0; j < s->columns; j++)
        s->mean[j] /= s->count[j];
    status = each_rows(x, add_deviations, s, err);
    for (size_t j = 0; j < s->columns && status == PG_OK; j++)
        s->std[j] = deviation_of(s, j);
    return status;
}

pg_status pg_column_scale(pg_array *mean, pg_array *std, const pg_array *x,
                          pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    pg_array count = {0}, correction = {0};
    memset(mean, 0, sizeof *mean);
    memset(std, 0, sizeof *std);
    pg_status status = check_rows(x, err);
    if (status != PG_OK)
        return status;
    if (x->shape[0] == 0)
        return pg_fail(err, PG_ESHAPE, "shape %s has no row",
                       pg_shape_text(text, x));
    pg_array *const all[] = {mean, std, &count, &correction};
    for (int i = 0; i < 4 && status == PG_OK; i++)
        status =
            pg_array_zeros(all[i], PG_FLOAT64, x->ndim - 1, x->shape + 1, err);
    if (status == PG_OK) {
        sums s = {.columns = columns_of(x),
                  .mean = mean->data,
                  .std = std->data,
                  .count = count.data,
                  .correction = correction.data};
        status = sum_up(&s, x, err);
    }
    pg_array_release(&count);
    pg_array_release(&correction);
    if (status != PG_OK) {
        pg_array_release(mean);
        pg_array_release(std);
    }
    return status;
}

/* --- scaling ----------------------------------------------------------------
 */

typedef struct scaling {
    size_t columns;
    const double *mean, *std;
    pg_array *out;
} scaling;

/* float32 is rounded after each operation, as NumPy does in place. */
static pg_status scale_rows(void *context, const double *x, size_t first,
                            size_t n, pg_error *err)
{
    scaling *s = context;
    (void)err;
    double *out = (double *)s->out->data + first * s->columns;
    float *narrow = (float *)s->out->data + first * s->columns;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s->columns; j++, x++)
            if (s->out->dtype == PG_FLOAT32)
                *narrow++ = (float)((float)(*x - s->mean[j]) / s->std[j]);
            else
                *out++ = (*x - s->mean[j]) / s->std[j];
    return PG_OK;
}

/* *out = mean or std of one row of x, as dense float64. */
static pg_status check_row(pg_array *out, const pg_array *row,
                           const pg_array *x, const char *name, pg_error *err)
{
    char text[PG_SHAPE_TEXT], expected[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    if (row->ndim == x->ndim - 1 &&
        memcmp(row->shape, x->shape + 1,
               (size_t)row->ndim * sizeof *row->shape) == 0)
        return pg_array_as(out, row, PG_FLOAT64, err);
    return pg_fail(err, PG_ESHAPE,
                   "%s of shape %s does not fit the rows, of shape %s", name,
                   pg_shape_text(text, row),
                   pg_shape_text_of(expected, x->ndim - 1, x->shape + 1));
}

static pg_status check_std(const pg_array *std, pg_error *err)
{
    const double *numbers = std->data;
    for (size_t j = 0, n = pg_array_size(std); j < n; j++)
        if (numbers[j] == 0 || isinf(numbers[j]))
            return pg_fail(err, PG_EARG,
                           "std of column %zu is %g: a finite number other "
                           "than 0 was expected",
                           j + 1, numbers[j]);
    return PG_OK;
}

pg_status pg_scale_columns(pg_array *out, const pg_array *x,
                           const pg_array *mean, const pg_array *std,
                           pg_error *err)
{
    pg_array m = {0}, s = {0};
    memset(out, 0, sizeof *out);
    pg_status status = check_rows(x, err);
    if (status == PG_OK)
        status = check_row(&m, mean, x, "mean", err);
    if (status == PG_OK)
        status = check_row(&s, std, x, "std", err);
    if (status == PG_OK)
        status = check_std(&s, err);
    if (status == PG_OK)
        status =
            pg_array_new(out, x->dtype == PG_FLOAT32 ? PG_FLOAT32 : PG_FLOAT64,
                         x->ndim, x->shape, err);
    if (status == PG_OK) {
        scaling job = {columns_of(x), m.data, s.data, out};
        status = each_rows(x, scale_rows, &job, err);
        status = pg_array_end(out, status, err);
    }
    pg_array_release(&m);
    pg_array_release(&s);
    return status;
}
