/*
 * softmax.h -- softmax, its logarithm, and the logarithm of its denominator.
 *
 * All subtract the greatest element before exp, which then can't overflow.
 * Integers give float64. Axes count from 0.
 */
#ifndef PG_SOFTMAX_H
#define PG_SOFTMAX_H

#include "array/array.h"

/* *out, of a's shape: exp(a - max) / sum(exp(a - max)), max and sum along an
   axis. NaN where all elements are -inf, or one is inf. PG_EARG unless a has
   the axis. */
pg_status pg_softmax(pg_array *out, const pg_array *a, int axis, pg_error *err);

/* *out, of a's shape: log(softmax(a)) without loss where that is small. */
pg_status pg_log_softmax(pg_array *out, const pg_array *a, int axis,
                         pg_error *err);

/* *out = log(sum(exp(a))) over axes, a set as pg_reduce's (ops/reduce.h); -inf
   of no elements, and where all are -inf. */
pg_status pg_logsumexp(pg_array *out, const pg_array *a, unsigned axes,
                       bool keep, pg_error *err);

#endif
