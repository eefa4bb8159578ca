/*
 * create.h -- arrays made from a rule: constants, ranges, diagonals and
 * triangles of matrices, grids.
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

/* *out: of a vector (n), a square matrix of n + |k| rows with the vector k
   places above its diagonal; of a matrix, the elements there. PG_ESHAPE for
   another rank. */
pg_status pg_diag(pg_array *out, const pg_array *a, int64_t k, pg_error *err);

/* *out = a's matrices (its last two axes) with zeros below the diagonal that is
   k places above the main one, or above it. A vector counts as rows of equal
   elements. PG_ESHAPE for rank 0. */
typedef enum pg_triangle { PG_LOWER, PG_UPPER } pg_triangle;
pg_status pg_triangle_of(pg_array *out, const pg_array *a, pg_triangle kept,
                         int64_t k, pg_error *err);

/* *out = the coordinates along axis `axis` of a grid over `count` vectors: the
   elements of arrays[axis] along that axis of the grid, whose lengths are the
   sizes of the arrays. is_xy exchanges the grid's first two axes. count is at
   least 1, more than axis. */
pg_status pg_meshgrid(pg_array *out, const pg_array *const *arrays, int count,
                      int axis, bool is_xy, pg_error *err);

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
