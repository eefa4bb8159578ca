/*
 * lapack.h -- linear algebra of small dense matrices, by the LAPACK in
 * OpenBLAS.
 *
 * Matrices are arrays of rank 2, of any view. float32 is computed in float32,
 * every other dtype in float64. PG_ESHAPE names a shape that does not fit. A
 * call of LAPACK runs on the calling thread, with one thread of OpenBLAS so
 * that the bits are the same, and cannot be interrupted. On failure the outputs
 * are empty.
 */
#ifndef PG_LAPACK_H
#define PG_LAPACK_H

#include "array/array.h"

/* *x (n) or (n,k): a (n,n) x = b, by LU factors (gesv). PG_EARG names the pivot
   that is 0 if a is singular. */
pg_status pg_solve(pg_array *x, const pg_array *a, const pg_array *b,
                   pg_error *err);

/* *out (n,n): the inverse of a (n,n), by LU factors. Errors as above. */
pg_status pg_inverse(pg_array *out, const pg_array *a, pg_error *err);

/* *determinant of a (n,n), the product of the pivots; 1 for n = 0. */
pg_status pg_determinant(double *determinant, const pg_array *a, pg_error *err);

/* *l (n,n), lower: a = l l^T, of a's lower triangle (potrf). PG_EARG names the
   leading minor that is not positive. */
pg_status pg_cholesky(pg_array *l, const pg_array *a, pg_error *err);

/* a (m,n) = q (m,k) r (k,n), k = min(m, n): q's columns are orthonormal, r is
   upper triangular (geqrf). */
pg_status pg_qr(pg_array *q, pg_array *r, const pg_array *a, pg_error *err);

/* a (n,n) = v diag(w) v^T, of a's lower triangle: *w (n) in ascending order,
   column i of *v (n,n) is the eigenvector of w[i] (syevd). PG_EFINITE unless a
   is finite. */
pg_status pg_eigh(pg_array *w, pg_array *v, const pg_array *a, pg_error *err);

/* a (m,n) = u diag(s) vt, *s (k) in descending order, k = min(m, n) (gesdd). u
   is (m,m) and vt (n,n) if they are full, else (m,k) and (k,n). PG_EFINITE
   unless a is finite. */
pg_status pg_svd(pg_array *u, pg_array *s, pg_array *vt, const pg_array *a,
                 bool is_full, pg_error *err);

/* The solution of pg_least_squares. Without right sides (k = 0), rank and s are
   a's all the same. */
typedef struct pg_least_squares_result {
    pg_array x;         /* (n) or (n,k) */
    pg_array residuals; /* (1) or (k): sums of squares; (0) unless a has full
                           rank and more rows than columns */
    size_t rank;
    pg_array s; /* (min(m, n)) singular values */
} pg_least_squares_result;

/* The x of least norm with the least |a x - b|, a (m,n), b (m) or (m,k), by
   singular values (gelsd). Those below rcond times the largest count as 0; a
   negative rcond stands for the dtype's precision times max(m, n). PG_EFINITE
   unless a and b are finite. */
pg_status pg_least_squares(pg_least_squares_result *out, const pg_array *a,
                           const pg_array *b, double rcond, pg_error *err);

#endif
