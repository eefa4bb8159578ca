/*
 * dropout.h -- the factors of dropout.
 */
#ifndef PG_DROPOUT_H
#define PG_DROPOUT_H

#include "array/array.h"
#include "ops/random.h"

/* *out: 0 for each number of pg_random_uniform that is below p, else
   1 / (1 - p), in row-major order. The dtype is floating; p is in [0, 1], and 1
   gives zeros. */
pg_status pg_dropout_mask(pg_array *out, pg_dtype dtype, int ndim,
                          const size_t *shape, double p, pg_random *g,
                          pg_error *err);

#endif
