/*
 * sort.h -- elements in ascending order, NaN behind all others.
 */
#ifndef PG_SORT_H
#define PG_SORT_H

#include "array/array.h"

/* *out = a, sorted along an axis (from 0). */
pg_status pg_sort(pg_array *out, const pg_array *a, int axis, pg_error *err);

/* *out = the positions (int64, from 1) along the axis that sort it; equal
   elements keep their order. */
pg_status pg_argsort(pg_array *out, const pg_array *a, int axis, pg_error *err);

/* The k greatest elements along an axis, or the least ones, each before those
   behind it; NaN is greater than all others. Equal elements keep their order.
   values has a's dtype, positions (from 1) int64; the axis has length k.
   PG_EARG for more than the axis has. */
pg_status pg_topk(pg_array *values, pg_array *positions, const pg_array *a,
                  size_t k, int axis, bool is_largest, pg_error *err);

/* *out (n) = the different elements in ascending order; at most one NaN. */
pg_status pg_unique(pg_array *out, const pg_array *a, pg_error *err);

#endif
