/*
 * elementwise.h -- the inner loops of the elementwise operations, one for each
 * operation and dtype, in tables that map.c reads.
 */
#ifndef PG_ELEMENTWISE_H
#define PG_ELEMENTWISE_H

#include "array/dtype.h"
#include "kernels/operations.h"

/* n elements; the result goes to pointers[0], operands follow. An operand of
   stride 0 is one value for all. The result may be exactly an operand. */
typedef void (*pg_elementwise_kernel)(char *const *pointers,
                                      const ptrdiff_t *strides, size_t n);

/* By operation, and the dtype that it computes in; NULL where the operation
   has none. Comparisons and isnan write bool, everything else the dtype
   itself. */
typedef struct pg_elementwise_table {
    pg_elementwise_kernel binary[PG_BINARY_COUNT][PG_DTYPE_COUNT];
    pg_elementwise_kernel unary[PG_UNARY_COUNT][PG_DTYPE_COUNT];

    /* out = mask ? a : b, a mask of bool first. */
    pg_elementwise_kernel where[PG_DTYPE_COUNT];

    /* out += a * x: reads what it writes; a, then x. Floats only. */
    pg_elementwise_kernel axpy[PG_DTYPE_COUNT];

    /* Makes positions (from 1, or from -1 at the end) count from 0; whether all
       are on an axis of this length. */
    bool (*count_from_zero)(int64_t *positions, size_t n, size_t length);

    /* Part i of out = part places[i] of in, all of so many bytes. */
    void (*take)(char *out, const char *in, const int64_t *places, size_t n,
                 size_t bytes);
} pg_elementwise_table;

/* Of the target that runs here. */
const pg_elementwise_table *pg_elementwise_kernels(void);

#endif
