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

/* *out (n) = the different elements in ascending order; at most one NaN. */
pg_status pg_unique(pg_array *out, const pg_array *a, pg_error *err);

#endif
