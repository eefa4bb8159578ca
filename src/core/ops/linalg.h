/*
 * linalg.h -- matrix products by CBLAS, and outer products.
 *
 * OpenBLAS always runs one thread, as its results depend on the number of
 * threads and on the shape of a tile. Large products are cut into tiles by a
 * rule that depends on the shapes alone; the thread pool computes the tiles.
 */
#ifndef PG_LINALG_H
#define PG_LINALG_H

#include "array/array.h"

/* *out (m,n) = a (m,k) times b (k,n). A vector (k) is a row on the left and a
   column on the right, and its axis is dropped; two vectors give rank 0. Any
   views and dtypes; a sum of bools is their or. PG_ESHAPE names both shapes. */
pg_status pg_dot(pg_array *out, const pg_array *a, const pg_array *b,
                 pg_error *err);

/* As pg_dot, and of higher ranks stacks of matrices: the axes before the last
   two broadcast together. PG_ESHAPE for rank 0. */
pg_status pg_matmul(pg_array *out, const pg_array *a, const pg_array *b,
                    pg_error *err);

/* A row-major matrix as CBLAS takes it, or its transpose; leading is the
   distance between rows in memory, in elements. */
typedef struct pg_matrix {
    const void *data;
    size_t leading;
    bool transposed;
} pg_matrix;

/* out (m,n) = a (m,k) b (k,n) + beta * out, in one call of CBLAS on the calling
   thread; dtype float32 or float64. Needs pg_blas_reserve before. */
void pg_gemm(void *out, size_t out_leading, pg_dtype dtype, pg_matrix a,
             pg_matrix b, size_t m, size_t n, size_t k, double beta);

/* *out (m,n) = a[i] * b[j], with a's m and b's n elements in row-major order.
 */
pg_status pg_outer(pg_array *out, const pg_array *a, const pg_array *b,
                   pg_error *err);

#endif
