/*
 * cross_entropy.h -- the cross-entropy of scores, whose softmax are the
 * probabilities of the classes.
 *
 * scores (n, k), n and k at least 1; integers count as float64. y: n labels, as
 * ops/labels.h has them, or rows of weights (n, k), mostly one-hot. Otherwise
 * PG_ESHAPE names both shapes, and PG_EARG the row and the value of a label.
 */
#ifndef PG_CROSS_ENTROPY_H
#define PG_CROSS_ENTROPY_H

#include "array/array.h"

/* *loss = the mean over rows of -sum(y log(softmax(scores))). A weight of 0
   counts nothing, even where the logarithm is -inf. */
pg_status pg_softmax_cross_entropy(double *loss, const pg_array *scores,
                                   const pg_array *y, pg_error *err);

/* *out (n, k) = its derivative by the scores: (softmax(scores) sum(y) - y) / n,
   the sum along y's row. */
pg_status pg_softmax_cross_entropy_gradient(pg_array *out,
                                            const pg_array *scores,
                                            const pg_array *y, pg_error *err);

#endif
