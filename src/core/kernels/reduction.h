/*
 * reduction.h -- the inner loops of the reductions, over dense elements, in
 * tables that reduce.c reads.
 */
#ifndef PG_REDUCTION_H
#define PG_REDUCTION_H

#include "array/dtype.h"
#include "kernels/operations.h"

/* One result from n elements, at least one of which there is. */
typedef void (*pg_reduction_along)(void *result, const void *in, size_t n);

/* n results, each of which takes one element more. */
typedef void (*pg_reduction_across)(void *results, const void *in, size_t n);

typedef struct pg_reduction {
    pg_reduction_along along;
    pg_reduction_across across; /* NULL: only along */
} pg_reduction;

/* By operation and dtype of the elements. Sums are float64, or uint64 (of
   which int64 sums are the same bits); extremes have the elements' dtype, and
   positions are int64, from 1. Operations that are made of others are empty. */
typedef struct pg_reduction_table {
    pg_reduction of[PG_REDUCE_COUNT][PG_DTYPE_COUNT];
} pg_reduction_table;

/* Of the target that runs here. */
const pg_reduction_table *pg_reduction_kernels(void);

#endif
