/*
 * covariance.h -- covariances and correlations of variables.
 *
 * a and b are vectors (one variable), or matrices of rank 2 whose rows, or else
 * columns, are variables; b's come behind a's, and b may be NULL. Results are
 * float64, (n,n), or of rank 0 for one variable. PG_ESHAPE for another rank, or
 * if a's and b's observations differ in number.
 */
#ifndef PG_COVARIANCE_H
#define PG_COVARIANCE_H

#include "array/array.h"

/* *out: sums of products of deviations from the means, divided by n - ddof for
   n observations, or by 0 if that is negative. */
pg_status pg_covariance(pg_array *out, const pg_array *a, const pg_array *b,
                        bool rows_are_variables, int64_t ddof, pg_error *err);

/* *out: covariances divided by both standard deviations, -1 to 1; NaN for a
   variable that is constant. */
pg_status pg_correlation(pg_array *out, const pg_array *a, const pg_array *b,
                         bool rows_are_variables, pg_error *err);

#endif
