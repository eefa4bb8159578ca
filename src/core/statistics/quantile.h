/*
 * quantile.h -- medians and quantiles over axes, as NumPy computes them.
 *
 * Results are float64, or float32 of float32. A NaN among the elements gives
 * NaN.
 */
#ifndef PG_QUANTILE_H
#define PG_QUANTILE_H

#include "array/array.h"

/* *out: the middle element in ascending order, or the mean of the two in the
   middle; NaN of no elements. axes (PG_AXIS of reduce.h) and keep are those of
   pg_reduce. */
pg_status pg_median(pg_array *out, const pg_array *a, unsigned axes, bool keep,
                    pg_error *err);

/* *out: element (n - 1) * q / whole, from 0, of n elements in ascending order;
   between two elements by linear interpolation. q's axes come before those of
   pg_reduce's result. PG_EARG for a q that isn't 0 to `whole`, PG_ESHAPE of no
   elements. */
pg_status pg_quantile(pg_array *out, const pg_array *a, const pg_array *q,
                      double whole, unsigned axes, bool keep, pg_error *err);

#endif
