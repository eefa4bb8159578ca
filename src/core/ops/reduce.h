/*
 * reduce.h -- operations along an axis: sums, means, extremes, cumulative sums,
 * softmax.
 *
 * Floats are summed in double, rows pairwise; the order of additions depends on
 * the shape alone.
 */
#ifndef PG_REDUCE_H
#define PG_REDUCE_H

#include "array/array.h"
#include "kernels/operations.h"

/* The axis (from 0) that is reduced; PG_ALL takes the whole array, in
   row-major order. */
enum { PG_ALL = -1 };

/* *out: a new array without the axis, or with it at length 1 where keep is
   true. PG_ESHAPE for an extreme of no elements, or its position. */
pg_status pg_reduce(pg_array *out, pg_reduce_op op, const pg_array *a, int axis,
                    bool keep, pg_error *err);

/* *out, of a's shape: the sum of the elements up to each along an axis (from
   0), added one after the other, floats in float64. Floats keep their dtype;
   bool and signed integers give int64, unsigned ones uint64. */
pg_status pg_cumsum(pg_array *out, const pg_array *a, int axis, pg_error *err);

/* *out, of a's shape: exp(a - max) / sum(exp(a - max)), max and sum along an
   axis (from 0) or PG_ALL. Integers give float64. */
pg_status pg_softmax(pg_array *out, const pg_array *a, int axis, pg_error *err);

#endif
