/*
 * reduce.h -- sums, means, extremes along an axis or over everything.
 *
 * Partial sums are added in an order that depends on the shape alone: pairwise
 * along rows. Floating sums are accumulated in double.
 */
#ifndef PG_REDUCE_H
#define PG_REDUCE_H

#include "array.h"

typedef enum pg_reduce_op {
    PG_SUM, /* bool and signed give int64, unsigned uint64 */
    PG_MEAN,
    PG_VAR,      /* the population's; like mean and norm float64 of integers */
    PG_STD,      /* its root */
    PG_NORM,     /* sqrt(sum(x^2)) */
    PG_ANY,      /* bool: whether one element is not 0 */
    PG_ALL_TRUE, /* bool: whether none is 0 */
    PG_MIN,      /* NaN where there is one */
    PG_MAX,      /* the same */
    PG_ARGMIN,   /* int64 positions from 1; the first of equals, or of NaN */
    PG_ARGMAX,   /* the same */
    PG_REDUCE_COUNT
} pg_reduce_op;

/* The axis (from 0) that is reduced; PG_ALL takes the whole array, in
   row-major order. */
enum { PG_ALL = -1 };

/* A new array without the axis, or with it at length 1 where keep is true.
   Extremes and their positions of no elements: PG_ESHAPE. */
pg_status pg_reduce(pg_array *out, pg_reduce_op op, const pg_array *a, int axis,
                    bool keep, pg_error *err);

#endif
