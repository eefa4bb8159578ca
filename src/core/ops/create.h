/*
 * create.h -- arrays from a rule: constants, ranges, one-hot labels.
 */
#ifndef PG_CREATE_H
#define PG_CREATE_H

#include "array/array.h"
#include "array/scalar.h"

/* Sets every element. PG_EDTYPE for a value that the dtype does not hold. */
pg_status pg_array_fill(const pg_array *a, pg_scalar value, pg_error *err);

/* *out: a new array of nothing else. */
pg_status pg_full(pg_array *out, pg_dtype dtype, int ndim, const size_t *shape,
                  pg_scalar value, pg_error *err);

/* Ones on the diagonal of an n by n matrix. */
pg_status pg_eye(pg_array *out, size_t n, pg_dtype dtype, pg_error *err);

/* first, first + step, ... up to last, which is included where it is met, as
   in Lua's for; int64 or float64. PG_EARG for a step of 0, and for floats that
   are not finite. */
pg_status pg_range_integer(pg_array *out, int64_t first, int64_t last,
                           int64_t step, pg_error *err);
pg_status pg_range_float(pg_array *out, double first, double last, double step,
                         pg_error *err);

/* n float64 numbers from first to last, both included, each at least as near to
   last as the one before. PG_EARG for an end that is not finite. */
pg_status pg_linspace(pg_array *out, double first, double last, size_t n,
                      pg_error *err);

/* (n, classes) with a one where each label says. Labels are class numbers
   0 .. classes-1, integers of any dtype or floats without fraction, of rank 1.
   PG_EARG names the row, the value and the range. */
pg_status pg_onehot(pg_array *out, const pg_array *labels, size_t classes,
                    pg_dtype dtype, pg_error *err);

/* The most likely label of each row of (n, classes): its greatest element's
   class number, from 0, int64. */
pg_status pg_labels(pg_array *out, const pg_array *rows, pg_error *err);

/* Labels as onehot takes them, checked, as int32 in a new dense array. With
   classes 0 only that they are class numbers is checked. */
pg_status pg_labels_check(pg_array *out, const pg_array *labels, size_t classes,
                          pg_error *err);

/* The end of a message about an array that should be labels: how one column of
   them becomes rank 1; "" for another shape. */
const char *pg_column_hint(const pg_array *labels);

#endif
