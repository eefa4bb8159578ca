/*
 * cumulative.h -- running sums and products along an axis, and differences.
 */
#ifndef PG_CUMULATIVE_H
#define PG_CUMULATIVE_H

#include "array/array.h"

/* *out, of a's shape: the sum of the elements up to each along an axis (from
   0), added one after the other, floats in float64. Floats keep their dtype;
   bool and signed integers give int64, unsigned ones uint64. */
pg_status pg_cumsum(pg_array *out, const pg_array *a, int axis, pg_error *err);

/* pg_cumsum's product. */
pg_status pg_cumprod(pg_array *out, const pg_array *a, int axis, pg_error *err);

/* *out: each element minus the one before along an axis (from 0), taken
   `times` times, each of which makes the axis shorter by one, but not shorter
   than 0. Integers wrap; bools give true where two differ. */
pg_status pg_diff(pg_array *out, const pg_array *a, size_t times, int axis,
                  pg_error *err);

#endif
