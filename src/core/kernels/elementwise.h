/*
 * elementwise.h -- the inner loops of the elementwise operations, one for each
 * operation and dtype, in tables that map.c reads.
 */
#ifndef PG_ELEMENTWISE_H
#define PG_ELEMENTWISE_H

#include "array/dtype.h"
#include "kernels/operations.h"

/* The loop of one operation over n elements: pointers[0] is the result, the
   operands follow. Strides are in bytes; an operand of stride 0 is one value
   for all. The result may be an operand with the same strides. */
typedef void (*pg_elementwise_kernel)(char *const *pointers,
                                      const ptrdiff_t *strides, size_t n);

/* The loops by operation and by the dtype that it computes in; NULL if the
   operation does not take that. Comparisons, isnan, isfinite and isinf write
   bool, all others the dtype itself. */
typedef struct pg_elementwise_table {
    pg_elementwise_kernel binary[PG_BINARY_COUNT][PG_DTYPE_COUNT];
    pg_elementwise_kernel unary[PG_UNARY_COUNT][PG_DTYPE_COUNT];

    /* out = mask ? a : b; operands mask (bool), a and b. */
    pg_elementwise_kernel where[PG_DTYPE_COUNT];

    /* out += a * x, for floats; operands a and x. */
    pg_elementwise_kernel axpy[PG_DTYPE_COUNT];

    /* Turns positions (from 1, or from -1 at the end) into indices (from 0);
       true if all of them are on an axis of this length. */
    bool (*indices_from_positions)(int64_t *positions, size_t n, size_t length);
    /* The number of true elements; and their indices, counted from `first`, in
       a list that has room for them. */
    size_t (*count_true)(const bool *holds, size_t n);
    size_t (*list_true)(int64_t *list, size_t room, const bool *holds, size_t n,
                        int64_t first);

    /* out[i] = in[indices[i]], each of `bytes` bytes. */
    void (*take)(char *out, const char *in, const int64_t *indices, size_t n,
                 size_t bytes);
} pg_elementwise_table;

/* The table of the target that runs here. */
const pg_elementwise_table *pg_elementwise_kernels(void);

#endif
