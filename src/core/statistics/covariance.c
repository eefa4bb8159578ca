/* Covariances and correlations, by one matrix product. */

#include "statistics/covariance.h"

#include <math.h>
#include <string.h>

#include "array/copy.h"
#include "array/join.h"
#include "base/interrupt.h"
#include "ops/linalg.h"
#include "ops/map.h"
#include "ops/reduce.h"

/* *out (variables, observations) = a in float64. A single row is a variable in
   either form, as in NumPy. */
static pg_status variables_of(pg_array *out, const pg_array *a,
                              bool rows_are_variables, const char *name,
                              pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    pg_array view;
    memset(out, 0, sizeof *out);
    if (a->ndim < 1 || a->ndim > 2)
        return pg_fail(err, PG_ESHAPE,
                       "%s needs vectors or matrices, not shape %s", name,
                       pg_shape_text(text, a));
    bool is_matrix = a->ndim == 2;
    size_t shape[2] = {is_matrix ? a->shape[0] : 1,
                       is_matrix ? a->shape[1] : pg_array_size(a)};
    pg_status status = pg_array_reshape(&view, a, 2, shape, err);
    if (status == PG_OK && !rows_are_variables && shape[0] != 1) {
        pg_array rows = view;
        pg_array_transpose_view(&view, &rows);
        pg_array_release(&rows);
    }
    if (status == PG_OK)
        status = pg_array_as(out, &view, PG_FLOAT64, err);
    pg_array_release(&view);
    return status;
}

/* *out = the variables of a, and of b behind them unless that is NULL. */
static pg_status all_variables(pg_array *out, const pg_array *a,
                               const pg_array *b, bool rows_are_variables,
                               const char *name, pg_error *err)
{
    if (!b)
        return variables_of(out, a, rows_are_variables, name, err);
    pg_array first, second = {0};
    memset(out, 0, sizeof *out);
    pg_status status = variables_of(&first, a, rows_are_variables, name, err);
    if (status == PG_OK)
        status = variables_of(&second, b, rows_are_variables, name, err);
    if (status == PG_OK && first.shape[1] != second.shape[1])
        status = pg_fail(err, PG_ESHAPE,
                         "%s: there are %zu observations in one argument, and "
                         "%zu in the other",
                         name, first.shape[1], second.shape[1]);
    if (status == PG_OK)
        status =
            pg_concat(out, (const pg_array *[]){&first, &second}, 2, 0, err);
    pg_array_release(&first);
    pg_array_release(&second);
    return status;
}

/* Rows of a block of the product below. */
enum { BLOCK = 256 };

/* rows first to end - 1 of *out (n,n) = those of x x^T, up to the diagonal and
   in the columns before `end`. */
static pg_status multiply_block(const pg_array *out, const pg_array *x,
                                size_t first, size_t end, pg_error *err)
{
    pg_array rows, before, columns, part, place;
    pg_array_rows_view(&rows, x, first, end - first);
    pg_array_rows_view(&before, x, 0, end);
    pg_array_transpose_view(&columns, &before);
    pg_status status = pg_dot(&part, &rows, &columns, err);
    if (status == PG_OK) {
        pg_array_rows_view(&place, out, first, end - first);
        place.shape[1] = end;
        status = pg_array_assign(&place, &part, err);
        pg_array_release(&place);
    }
    pg_array_release(&rows);
    pg_array_release(&before);
    pg_array_release(&columns);
    pg_array_release(&part);
    return status;
}

/* Copies the lower triangle of x (n,n) to the upper one. */
static void mirror(double *x, size_t n)
{
    PG_EACH_WIDE (n, i, n)
        for (size_t j = 0; j < i; j++)
            x[j * n + i] = x[i * n + j];
}

/* *out (n,n) = x x^T, which is symmetric: half of it is computed. */
static pg_status multiply_by_transpose(pg_array *out, const pg_array *x,
                                       pg_error *err)
{
    size_t n = x->shape[0];
    pg_status status =
        pg_array_new(out, PG_FLOAT64, 2, (const size_t[]){n, n}, err);
    for (size_t i = 0; i < n && status == PG_OK; i += BLOCK)
        status = multiply_block(out, x, i, pg_size_min(n, i + BLOCK), err);
    if (status == PG_OK)
        mirror(out->data, n);
    return status;
}

/* *out (n,n) = the covariances. */
static pg_status covariances(pg_array *out, const pg_array *a,
                             const pg_array *b, bool rows_are_variables,
                             int64_t ddof, const char *name, pg_error *err)
{
    pg_array variables, mean = {0}, centred = {0};
    memset(out, 0, sizeof *out);
    pg_status status =
        all_variables(&variables, a, b, rows_are_variables, name, err);
    if (status != PG_OK)
        return status;
    status = pg_reduce(&mean, PG_MEAN, &variables, PG_AXIS(1), true, err);
    if (status == PG_OK)
        status = pg_binary(&centred, PG_SUBTRACT, &variables, &mean, err);
    if (status == PG_OK)
        status = multiply_by_transpose(out, &centred, err);
    double n = (double)variables.shape[1], divisor = n - (double)ddof;
    if (status == PG_OK)
        status = pg_divide_by(out, divisor < 0 ? 0 : divisor, err);
    status = pg_unless_interrupted(status, err);
    if (status != PG_OK)
        pg_array_release(out);
    pg_array_release(&variables);
    pg_array_release(&mean);
    pg_array_release(&centred);
    return status;
}

pg_status pg_covariance(pg_array *out, const pg_array *a, const pg_array *b,
                        bool rows_are_variables, int64_t ddof, pg_error *err)
{
    pg_status status =
        covariances(out, a, b, rows_are_variables, ddof, "cov", err);
    if (status == PG_OK && out->shape[0] == 1)
        out->ndim = 0;
    return status;
}

/* x[i,j] /= sqrt(x[i,i] x[j,j]), and not beyond -1 and 1. */
static void divide_by_deviations(double *x, double *deviations, size_t n)
{
    PG_EACH (i, n)
        deviations[i] = sqrt(x[i * n + i]);
    PG_EACH_WIDE (n, i, n)
        for (size_t j = 0; j < n; j++) {
            double r = x[i * n + j] / deviations[i] / deviations[j];
            x[i * n + j] = r > 1 ? 1 : r < -1 ? -1 : r; /* NaN stays */
        }
}

pg_status pg_correlation(pg_array *out, const pg_array *a, const pg_array *b,
                         bool rows_are_variables, pg_error *err)
{
    pg_array deviations = {0};
    pg_status status =
        covariances(out, a, b, rows_are_variables, 1, "corrcoef", err);
    if (status == PG_OK)
        status = pg_array_new(&deviations, PG_FLOAT64, 1, out->shape, err);
    if (status == PG_OK && out->shape[0] == 1) { /* exactly 1, as in NumPy */
        *(double *)out->data /= *(double *)out->data;
        out->ndim = 0;
    } else if (status == PG_OK) {
        divide_by_deviations(out->data, deviations.data, out->shape[0]);
    }
    pg_array_release(&deviations);
    return pg_array_end(out, status, err);
}
