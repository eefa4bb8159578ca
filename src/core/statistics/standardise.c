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

static pg_status refuse_infinite(double x, size_t row, size_t column,
                                 pg_error *err)
{
    return pg_fail(err, PG_EFINITE, "row %zu, column %zu is %s, and not finite",
                   row + 1, column + 1, x > 0 ? "inf" : "-inf");
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
    double *low, *high;         /* the smallest and the largest number */
    double *factor; /* a power of 2: the squares of deviations by it are finite
                     */
} sums;

static pg_status add_rows(void *context, const double *x, size_t first,
                          size_t n, pg_error *err)
{
    sums *s = context;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s->columns; j++, x++) {
            if (isinf(*x))
                return refuse_infinite(*x, first + i, j, err);
            if (isnan(*x))
                continue;
            if (s->count[j] == 0)
                s->low[j] = s->high[j] = *x;
            s->low[j] = fmin(s->low[j], *x);
            s->high[j] = fmax(s->high[j], *x);
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
            double deviation = (*x - s->mean[j]) * s->factor[j];
            if (isnan(deviation))
                continue;
            s->std[j] += deviation * deviation;
            s->correction[j] += deviation;
        }
    return PG_OK;
}

/* Makes means of the sums. A column of one number has it as its mean, without
   the rounding of a sum. */
static pg_status find_means(sums *s, pg_error *err)
{
    enum { EXPONENT = 1000 }; /* 2 to it is finite, and so is its inverse */
    for (size_t j = 0; j < s->columns; j++) {
        double low = s->low[j], high = s->high[j];
        double mean = low == high ? low : s->mean[j] / s->count[j];
        double largest = fmax(high - mean, mean - low);
        if (isinf(mean) || isinf(largest))
            return pg_fail(err, PG_EFINITE,
                           "column %zu has numbers from %g to %g: their sum or "
                           "difference is beyond float64",
                           j + 1, low, high);
        int exponent = 0;
        if (largest > 0)
            frexp(largest, &exponent);
        exponent = exponent > EXPONENT ? EXPONENT : exponent;
        exponent = exponent < -EXPONENT ? -EXPONENT : exponent;
        s->mean[j] = s->count[j] > 0 ? mean : NAN;
        s->factor[j] = ldexp(1, -exponent);
    }
    return PG_OK;
}

/* The deviation of a column, 1 for a constant one: its variance is within the
   error that n roundings make of a variance of 0. */
static double deviation_of(const sums *s, size_t j)
{
    double n = s->count[j], mean = s->mean[j], correction = s->correction[j];
    double variance = (s->std[j] - correction * correction / n) / n;
    double error = n * mean * DBL_EPSILON * s->factor[j];
    bool is_constant = variance <= n * DBL_EPSILON * variance + error * error;
    return is_constant ? 1 : sqrt(variance) / s->factor[j];
}

static pg_status sum_up(sums *s, const pg_array *x, pg_error *err)
{
    pg_status status = each_rows(x, add_rows, s, err);
    if (status == PG_OK)
        status = find_means(s, err);
    if (status == PG_OK)
        status = each_rows(x, add_deviations, s, err);
    for (size_t j = 0; j < s->columns && status == PG_OK; j++)
        s->std[j] = deviation_of(s, j);
    return status;
}

pg_status pg_column_scale(pg_array *mean, pg_array *std, const pg_array *x,
                          pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    pg_array numbers = {0}; /* the other members of sums, a row for each */
    memset(mean, 0, sizeof *mean);
    memset(std, 0, sizeof *std);
    pg_status status = check_rows(x, err);
    if (status != PG_OK)
        return status;
    if (x->shape[0] == 0)
        return pg_fail(err, PG_ESHAPE, "shape %s has no row",
                       pg_shape_text(text, x));
    size_t columns = columns_of(x);
    const size_t shape[] = {5, columns};
    status = pg_array_zeros(mean, PG_FLOAT64, x->ndim - 1, x->shape + 1, err);
    if (status == PG_OK)
        status =
            pg_array_zeros(std, PG_FLOAT64, x->ndim - 1, x->shape + 1, err);
    if (status == PG_OK)
        status = pg_array_zeros(&numbers, PG_FLOAT64, 2, shape, err);
    if (status == PG_OK) {
        double *row = numbers.data;
        sums s = {columns,           mean->data,
                  std->data,         row,
                  row + columns,     row + 2 * columns,
                  row + 3 * columns, row + 4 * columns};
        status = sum_up(&s, x, err);
    }
    pg_array_release(&numbers);
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
    double *out = (double *)s->out->data + first * s->columns;
    float *narrow = (float *)s->out->data + first * s->columns;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s->columns; j++, x++) {
            if (isinf(*x))
                return refuse_infinite(*x, first + i, j, err);
            if (s->out->dtype == PG_FLOAT32)
                *narrow++ = (float)((float)(*x - s->mean[j]) / s->std[j]);
            else
                *out++ = (*x - s->mean[j]) / s->std[j];
        }
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
