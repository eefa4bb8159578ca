/*
 * linalg.h -- the matrix product, through CBLAS.
 *
 * OpenBLAS always runs one thread: its results differ with the number of
 * threads and with the shape of a tile. Large products are cut into tiles by a
 * rule that depends on the shapes alone, and our threads take the tiles.
 */
#ifndef PG_LINALG_H
#define PG_LINALG_H

#include "array/array.h"

/* a (m,k) times b (k,n) gives (m,n); a vector (k) on the left is a row, on the
   right a column, and its axis falls away; two vectors give rank 0. Any views,
   any dtypes; of bool it is whether any pair holds. PG_ESHAPE names both
   shapes. */
pg_status pg_dot(pg_array *out, const pg_array *a, const pg_array *b,
                 pg_error *err);

/* The same into out, a C-contiguous array of the right shape and dtype that
   overlaps neither. */
pg_status pg_dot_into(const pg_array *out, const pg_array *a, const pg_array *b,
                      pg_error *err);

/* A row-major matrix as CBLAS takes it; leading is the distance between rows
   in elements. When transposed, the matrix meant is the transpose. */
typedef struct pg_matrix {
    const void *data;
    size_t leading;
    bool transposed;
} pg_matrix;

/* out (m,n) = a (m,k) b (k,n) + beta * out, on the calling thread, in one call
   of CBLAS; dtype float32 or float64. After pg_blas_reserve. */
void pg_gemm(void *out, size_t out_leading, pg_dtype dtype, pg_matrix a,
             pg_matrix b, size_t m, size_t n, size_t k, double beta);

/* out[i,j] = a[i] * b[j] of all elements in row-major order: a new matrix. */
pg_status pg_outer(pg_array *out, const pg_array *a, const pg_array *b,
                   pg_error *err);

#endif
