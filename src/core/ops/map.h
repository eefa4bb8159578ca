/*
 * map.h -- elementwise operations, with broadcasting, over any views and
 * dtypes.
 *
 * Operands are cast in small blocks to the dtype that an operation computes in,
 * so there are no temporaries of the array's size. An operation is a member of
 * an enum (operations.h), a loop (elementwise_template.h) and its row in the
 * table (elementwise.c).
 */
#ifndef PG_MAP_H
#define PG_MAP_H

#include "array/array.h"
#include "array/scalar.h"
#include "kernels/operations.h"

/* *out: a new array of the broadcast shape and of the dtype that NumPy gives.
   PG_EDTYPE if the operation does not take the dtypes; PG_EARG for integers to
   a negative power. */
pg_status pg_binary(pg_array *out, pg_binary_op op, const pg_array *a,
                    const pg_array *b, pg_error *err);
pg_status pg_unary(pg_array *out, pg_unary_op op, const pg_array *a,
                   pg_error *err);

/* Writes the result into out, to whose shape the operands must broadcast.
   Errors as above, and PG_EDTYPE if out's kind of dtype does not take the
   result. The operands may share out's memory. */
pg_status pg_binary_into(const pg_array *out, pg_binary_op op,
                         const pg_array *a, const pg_array *b, pg_error *err);
pg_status pg_unary_into(const pg_array *out, pg_unary_op op, const pg_array *a,
                        pg_error *err);

/* As the functions above, into an array of exactly the result's shape, and
   without interrupts: out is never left half written. */
pg_status pg_binary_replace(const pg_array *out, pg_binary_op op,
                            const pg_array *a, const pg_array *b,
                            pg_error *err);
pg_status pg_unary_replace(const pg_array *out, pg_unary_op op,
                           const pg_array *a, pg_error *err);

/* a = a op b, without interrupts: a is never left half written. */
pg_status pg_binary_in_place(const pg_array *a, pg_binary_op op,
                             const pg_array *b, pg_error *err);

/* a /= divisor, for floating a. */
pg_status pg_divide_by(const pg_array *a, double divisor, pg_error *err);

/* *out: a rank 0 array that borrows *element, which holds the scalar as op
   takes it beside an array of dtype `beside`. PG_EDTYPE for an integer that
   this dtype does not hold, unless op is a division or a comparison. */
pg_status pg_binary_scalar(pg_array *out, pg_element *element, pg_binary_op op,
                           pg_scalar scalar, pg_dtype beside, pg_error *err);

/* *out = mask ? a : b, element by element; all three broadcast. PG_EDTYPE
   unless mask is bool. */
pg_status pg_where(pg_array *out, const pg_array *mask, const pg_array *a,
                   const pg_array *b, pg_error *err);

/* y += alpha * x, for floating y; x broadcasts to y. Without interrupts. */
pg_status pg_axpy(const pg_array *y, double alpha, const pg_array *x,
                  pg_error *err);

/* a rounded to this many decimals, halves to even: times a power of ten,
   rounded, and back. Negative decimals round before the point. */
pg_status pg_round(pg_array *out, const pg_array *a, int64_t decimals,
                   pg_error *err);

/* pg_round into an array, as pg_unary_replace. */
pg_status pg_round_replace(const pg_array *out, const pg_array *a,
                           int64_t decimals, pg_error *err);

/* *close: |a - b| <= atol + rtol * |b| everywhere; NaN is close to nothing. a
   and b broadcast. */
pg_status pg_allclose(bool *close, const pg_array *a, const pg_array *b,
                      double rtol, double atol, pg_error *err);

/* *equal: a and b have one shape and equal elements; with is_nan_equal NaN is
   equal to NaN. */
pg_status pg_array_equal(bool *equal, const pg_array *a, const pg_array *b,
                         bool is_nan_equal, pg_error *err);

#endif
