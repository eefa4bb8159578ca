/*
 * sort.h -- elements in ascending order, NaN behind all others.
 */
#ifndef PG_SORT_H
#define PG_SORT_H

#include "array/array.h"

/* A new array, sorted along an axis (from 0). */
pg_status pg_sort(pg_array *out, const pg_array *a, int axis, pg_error *err);

/* The positions (int64, from 1) along the axis that would sort it; of equal
   elements the first comes first. */
pg_status pg_argsort(pg_array *out, const pg_array *a, int axis, pg_error *err);

/* The different elements in ascending order, of rank 1; one NaN at most. */
pg_status pg_unique(pg_array *out, const pg_array *a, pg_error *err);

#endif
