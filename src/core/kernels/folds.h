/*
 * folds.h -- the inner loops of the reductions, over dense elements, in tables
 * that reduce.c reads.
 */
#ifndef PG_FOLDS_H
#define PG_FOLDS_H

#include "array/dtype.h"
#include "kernels/operations.h"

/* One result from n elements, at least one of which there is. */
typedef void (*pg_fold_along)(void *result, const void *in, size_t n);

/* n results, each of which takes one element more. */
typedef void (*pg_fold_across)(void *results, const void *in, size_t n);

typedef struct pg_fold {
    pg_fold_along along;
    pg_fold_across across; /* NULL: only along */
} pg_fold;

/* By operation and dtype of the elements. Sums are float64, or uint64 (of
   which int64 sums are the same bits); extremes have the elements' dtype, and
   positions are int64, from 1. Operations that are made of others are empty. */
typedef struct pg_fold_table {
    pg_fold of[PG_REDUCE_COUNT][PG_DTYPE_COUNT];
} pg_fold_table;

/* Of the target that runs here. */
const pg_fold_table *pg_folds(void);

#endif
