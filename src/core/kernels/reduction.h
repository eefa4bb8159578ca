/*
 * reduction.h -- the inner loops of the reductions, over dense elements, in
 * tables that reduce.c reads.
 */
#ifndef PG_REDUCTION_H
#define PG_REDUCTION_H

#include "array/dtype.h"
#include "kernels/operations.h"

/* Reduces n >= 1 elements to one result. */
typedef void (*pg_reduction_along)(void *result, const void *in, size_t n);

/* Adds one element to each of n results, or multiplies, or compares. */
typedef void (*pg_reduction_across)(void *results, const void *in, size_t n);

typedef struct pg_reduction {
    pg_reduction_along along;
    pg_reduction_across across; /* NULL: there is none */
} pg_reduction;

/* The loops by operation and dtype of the elements. Sums and products are
   float64, or uint64 (int64 ones have the same bits); extremes have the
   elements' dtype; positions are int64, from 1; counts are int64. Operations
   that are made of others have no loops. */
typedef struct pg_reduction_table {
    pg_reduction of[PG_REDUCE_COUNT][PG_DTYPE_COUNT];
} pg_reduction_table;

/* The table of the target that runs here. */
const pg_reduction_table *pg_reduction_kernels(void);

#endif
