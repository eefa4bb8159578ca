/*
 * loops.h -- the inner loops of the elementwise operations, one for each
 * operation and dtype, in tables that map.c reads.
 */
#ifndef PG_LOOPS_H
#define PG_LOOPS_H

#include "map.h"

/* n elements; the result goes to pointers[0], operands follow. An operand of
   stride 0 is one value for all. The result may be exactly an operand. */
typedef void (*pg_loop)(char *const *pointers, const ptrdiff_t *strides,
                        size_t n);

/* The loop that computes in this dtype, or NULL where the operation has none.
   Comparisons write bool, everything else the dtype itself. */
pg_loop pg_binary_loop(pg_binary_op op, pg_dtype dtype);
pg_loop pg_unary_loop(pg_unary_op op, pg_dtype dtype);

/* out = mask ? a : b, a mask of bool first. */
pg_loop pg_where_loop(pg_dtype dtype);

/* out += a * x: reads what it writes; a, then x. Floats only. */
pg_loop pg_axpy_loop(pg_dtype dtype);

#endif
