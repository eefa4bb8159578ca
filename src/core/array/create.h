/*
 * create.h -- arrays made from a rule: constants, the identity, ranges.
 */
#ifndef PG_CREATE_H
#define PG_CREATE_H

#include "array/array.h"
#include "array/scalar.h"

/* Sets every element of a. PG_EDTYPE for a value that the dtype can't hold. */
pg_status pg_array_fill(const pg_array *a, pg_scalar value, pg_error *err);

/* *out: a new array, every element of which is value. Errors as above. */
pg_status pg_full(pg_array *out, pg_dtype dtype, int ndim, const size_t *shape,
                  pg_scalar value, pg_error *err);

/* *out (n,n): ones on the diagonal, zeros elsewhere. */
pg_status pg_eye(pg_array *out, size_t n, pg_dtype dtype, pg_error *err);

/* *out (int64 or float64): first, first + step, ... up to and including last,
   as in Lua's for. PG_EARG for a step of 0 and for floats that aren't
   finite. */
pg_status pg_range_integer(pg_array *out, int64_t first, int64_t last,
                           int64_t step, pg_error *err);
pg_status pg_range_float(pg_array *out, double first, double last, double step,
                         pg_error *err);

/* *out (n, float64): evenly spaced numbers from first to last, both included,
   each at least as near to last as the one before. PG_EARG for an end that
   isn't finite. */
pg_status pg_linspace(pg_array *out, double first, double last, size_t n,
                      pg_error *err);

#endif
