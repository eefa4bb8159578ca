/*
 * map.h -- elementwise operations, with broadcasting, over any views and
 * dtypes.
 *
 * Operands of another dtype than the one an operation computes in are cast in
 * small blocks on the way, so there are no temporaries of the array's size.
 * An operation is a row in map.c's table and a loop body there.
 */
#ifndef PG_MAP_H
#define PG_MAP_H

#include "array/array.h"
#include "array/scalar.h"
#include "kernels/operations.h"

/* A new array of the broadcast shape and of the dtype that NumPy gives. */
pg_status pg_binary(pg_array *out, pg_binary_op op, const pg_array *a,
                    const pg_array *b, pg_error *err);
pg_status pg_unary(pg_array *out, pg_unary_op op, const pg_array *a,
                   pg_error *err);

/* The same into out, to whose shape the operands must broadcast and whose
   kind of dtype must take the result. Right where they overlap, too. */
pg_status pg_binary_into(const pg_array *out, pg_binary_op op,
                         const pg_array *a, const pg_array *b, pg_error *err);
pg_status pg_unary_into(const pg_array *out, pg_unary_op op, const pg_array *a,
                        pg_error *err);

/* a = a op b, whole: it is not given up on its way, as the two above are. */
pg_status pg_binary_in_place(const pg_array *a, pg_binary_op op,
                             const pg_array *b, pg_error *err);

/* A rank 0 array that borrows *element, holding the scalar as op takes it
   beside an array of dtype `beside`: an integer that this dtype does not hold
   may still be divided by, or compared with; else it is PG_EDTYPE. */
pg_status pg_binary_scalar(pg_array *out, pg_element *element, pg_binary_op op,
                           pg_scalar scalar, pg_dtype beside, pg_error *err);

/* Each element where the mask holds from a, else from b; all three broadcast.
   mask is bool. */
pg_status pg_where(pg_array *out, const pg_array *mask, const pg_array *a,
                   const pg_array *b, pg_error *err);

/* y += alpha * x, for floating y; x broadcasts to y. Whole, as above. */
pg_status pg_axpy(const pg_array *y, double alpha, const pg_array *x,
                  pg_error *err);

/* a rounded to this many decimals, halves to even: times a power of ten,
   rounded, and back. Negative decimals round before the point. */
pg_status pg_round(pg_array *out, const pg_array *a, int64_t decimals,
                   pg_error *err);

/* *close: whether |a - b| <= atol + rtol * |b| everywhere; NaN is not close to
   anything. a and b broadcast. */
pg_status pg_allclose(bool *close, const pg_array *a, const pg_array *b,
                      double rtol, double atol, pg_error *err);

#endif
