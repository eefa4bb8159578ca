/*
 * reduce.h -- sums, means, extremes along an axis or over everything.
 *
 * Partial sums are added in an order that depends on the shape alone: pairwise
 * along rows. Floating sums are accumulated in double.
 */
#ifndef PG_REDUCE_H
#define PG_REDUCE_H

#include "array/array.h"
#include "kernels/operations.h"

/* The axis (from 0) that is reduced; PG_ALL takes the whole array, in
   row-major order. */
enum { PG_ALL = -1 };

/* A new array without the axis, or with it at length 1 where keep is true.
   Extremes and their positions of no elements: PG_ESHAPE. */
pg_status pg_reduce(pg_array *out, pg_reduce_op op, const pg_array *a, int axis,
                    bool keep, pg_error *err);

#endif
