/*
 * reduce.h -- reductions over axes: sums, means, extremes, counts.
 *
 * Floats are summed in double, rows pairwise; the order of additions depends on
 * the shape alone.
 */
#ifndef PG_REDUCE_H
#define PG_REDUCE_H

#include "array/array.h"
#include "kernels/operations.h"

/* A set of axes (from 0): bit i stands for axis i. PG_ALL takes the whole
   array, in row-major order. */
#define PG_AXIS(i) (1U << (unsigned)(i))
#define PG_ALL (~0U)

/* *out: a new array without the axes, or with them at length 1 where keep is
   true. PG_ESHAPE for an extreme of no elements, or its position; PG_EARG for a
   position of several axes, but not all. */
pg_status pg_reduce(pg_array *out, pg_reduce_op op, const pg_array *a,
                    unsigned axes, bool keep, pg_error *err);

/* pg_reduce, where PG_VAR and PG_STD divide by n - ddof instead of n, or by 0
   if that is negative. */
pg_status pg_reduce_ddof(pg_array *out, pg_reduce_op op, const pg_array *a,
                         unsigned axes, bool keep, double ddof, pg_error *err);

/* The shape of pg_reduce's result, for axes that a has; returns its rank. */
int pg_reduced_shape(size_t *shape, const pg_array *a, unsigned axes,
                     bool keep);

/* *n = the number of elements that are reduced to one. PG_EARG unless a has the
   axes. */
pg_status pg_reduced_size(size_t *n, const pg_array *a, unsigned axes,
                          pg_error *err);

/* The dtype in which elements are added and multiplied: float64 of floats,
   uint64 of unsigned integers, int64 of other integers and bool. */
pg_dtype pg_sum_dtype(pg_dtype dtype);

/* The number of elements before, of and behind the axes first to end - 1. */
void pg_axes_lengths(size_t lengths[3], const pg_array *a, int first, int end);

#endif
