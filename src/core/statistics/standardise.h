/*
 * standardise.h -- columns with mean 0 and standard deviation 1, as
 * scikit-learn's StandardScaler makes them.
 *
 * A column has the elements at one place of all rows: x (n, ...) has columns of
 * the shape (...). NaN counts as a missing number: it is left out of means and
 * deviations, and stays NaN.
 */
#ifndef PG_STANDARDISE_H
#define PG_STANDARDISE_H

#include "array/array.h"

/* *mean, *std (float64, the shape of a row) = each column's mean and deviation,
   that of the population. A constant column, up to rounding, has the deviation
   1. PG_ESHAPE without a row, PG_EFINITE for an infinite number, and for
   numbers whose sum or difference is beyond float64. */
pg_status pg_column_scale(pg_array *mean, pg_array *std, const pg_array *x,
                          pg_error *err);

/* *out = (x - mean) / std, float32 for float32 and float64 for others.
   PG_ESHAPE unless mean and std have the shape of a row, PG_EARG for a
   deviation that is 0 or infinite, PG_EFINITE for an infinite number in x. */
pg_status pg_scale_columns(pg_array *out, const pg_array *x,
                           const pg_array *mean, const pg_array *std,
                           pg_error *err);

#endif
