/* Linear algebra by LAPACK: copies into its column order, calls, and back. */
#include "ops/lapack.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "array/copy.h"
#include "array/create.h"
#include "base/blas.h"
#include "kernels/kernels.h"

/* --- LAPACK's functions ----------------------------------------------------

   Fortran's, so that each argument is an address and the lengths of texts come
   last. They take float or double by their first letter. */

#define EACH_FUNCTION(X)                                                       \
    X(gesv, (const int *n, const int *k, void *a, const int *lda, int *pivots, \
             void *b, const int *ldb, int *info))                              \
    X(getrf, (const int *m, const int *n, void *a, const int *lda,             \
              int *pivots, int *info))                                         \
    X(getri, (const int *n, void *a, const int *lda, const int *pivots,        \
              void *work, const int *lwork, int *info))                        \
    X(potrf, (const char *uplo, const int *n, void *a, const int *lda,         \
              int *info, size_t))                                              \
    X(geqrf, (const int *m, const int *n, void *a, const int *lda, void *tau,  \
              void *work, const int *lwork, int *info))                        \
    X(orgqr,                                                                   \
      (const int *m, const int *n, const int *k, void *a, const int *lda,      \
       const void *tau, void *work, const int *lwork, int *info))              \
    X(syevd, (const char *jobz, const char *uplo, const int *n, void *a,       \
              const int *lda, void *w, void *work, const int *lwork,           \
              int *iwork, const int *liwork, int *info, size_t, size_t))       \
    X(gesdd,                                                                   \
      (const char *jobz, const int *m, const int *n, void *a, const int *lda,  \
       void *s, void *u, const int *ldu, void *vt, const int *ldvt,            \
       void *work, const int *lwork, int *iwork, int *info, size_t))           \
    X(gelsd,                                                                   \
      (const int *m, const int *n, const int *k, void *a, const int *lda,      \
       void *b, const int *ldb, void *s, const void *rcond, int *rank,         \
       void *work, const int *lwork, int *iwork, int *info))

#define DECLARE(name, arguments)      \
    extern void s##name##_ arguments; \
    extern void d##name##_ arguments;
EACH_FUNCTION(DECLARE)

/* This file tells float32 from float64 by one comparison. */
PG_EXPECT_FLOATS(2);

/* Calls LAPACK's function for the dtype. It sets the caller's `info`: below 0
   for an argument that is wrong. */
#define CALL(dtype, name, ...)       \
    do {                             \
        pg_blas_enter();             \
        if ((dtype) == PG_FLOAT32)   \
            s##name##_(__VA_ARGS__); \
        else                         \
            d##name##_(__VA_ARGS__); \
        pg_blas_leave();             \
        pg_assert(info >= 0);        \
    } while (0)

/* --- matrices ------------------------------------------------------------- */

static pg_dtype float_dtype(pg_dtype dtype)
{
    return dtype == PG_FLOAT32 ? PG_FLOAT32 : PG_FLOAT64;
}

static pg_status check_matrix(const pg_array *a, const char *name,
                              pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    if (a->ndim != 2)
        return pg_fail(err, PG_ESHAPE,
                       "%s: a matrix (rank 2) is expected, not shape %s", name,
                       pg_shape_text(text, a));
    if (pg_size_max(a->shape[0], a->shape[1]) > INT_MAX)
        return pg_fail(err, PG_ESHAPE, "%s: shape %s is more than LAPACK takes",
                       name, pg_shape_text(text, a));
    return PG_OK;
}

static pg_status check_square(const pg_array *a, const char *name,
                              pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    pg_status status = check_matrix(a, name, err);
    if (status == PG_OK && a->shape[0] != a->shape[1])
        status = pg_fail(err, PG_ESHAPE,
                         "%s: a square matrix is expected, not shape %s", name,
                         pg_shape_text(text, a));
    return status;
}

/* Checks that b has a row for each row of a. */
static pg_status check_right_side(const pg_array *a, const pg_array *b,
                                  const char *name, pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    if (b->ndim < 1 || b->ndim > 2 || b->shape[0] != a->shape[0] ||
        b->shape[b->ndim - 1] > INT_MAX)
        return pg_fail(err, PG_ESHAPE,
                       "%s: b of shape %s does not fit a of shape %s: as many "
                       "rows are expected",
                       name, pg_shape_text(tb, b), pg_shape_text(ta, a));
    return PG_OK;
}

/* *out = a copy of a in column order: the transpose of a, C-contiguous. */
static pg_status to_columns(pg_array *out, const pg_array *a, pg_dtype dtype,
                            pg_error *err)
{
    pg_array transposed;
    pg_array_transpose_view(&transposed, a);
    pg_status status = pg_array_astype(out, &transposed, dtype, err);
    pg_array_release(&transposed);
    return status;
}

/* The first rows and columns of a matrix in column order, as a view. */
static void view_columns(pg_array *out, const pg_array *columns, size_t rows,
                         size_t cols)
{
    pg_array_transpose_view(out, columns);
    pg_assert(rows <= out->shape[0] && cols <= out->shape[1]);
    out->shape[0] = rows;
    out->shape[1] = cols;
}

/* The same as a copy in row order. */
static pg_status from_columns(pg_array *out, const pg_array *columns,
                              size_t rows, size_t cols, pg_error *err)
{
    pg_array view;
    view_columns(&view, columns, rows, cols);
    pg_status status = pg_array_copy(out, &view, err);
    pg_array_release(&view);
    return status;
}

static pg_status check_finite(const pg_array *columns, const char *name,
                              const char *which, pg_error *err)
{
    if (pg_kernels_for(columns->dtype)
            ->all_finite(columns->data, pg_array_size(columns)))
        return PG_OK;
    return pg_fail(err, PG_EFINITE, "%s: %s has a number that is not finite",
                   name, which);
}

static double element(const pg_array *a, size_t i)
{
    return a->dtype == PG_FLOAT32 ? (double)((const float *)a->data)[i]
                                  : ((const double *)a->data)[i];
}

static pg_status new_array(pg_array *out, pg_dtype dtype, int ndim,
                           size_t first, size_t second, pg_error *err)
{
    return pg_array_new(out, dtype, ndim, (const size_t[]){first, second}, err);
}

/* Fortran wants a leading dimension of at least 1. */
static int leading(size_t n)
{
    return (int)pg_size_max(1, n);
}

/* --- workspaces ----------------------------------------------------------- */

/* Columns of the largest block that LAPACK takes at a time (ilaenv). Functions
   on a matrix of n columns work in whole blocks with this many times n numbers.
 */
#define MOST_BLOCK 64.0

static pg_status new_work(pg_array *work, int *length, pg_dtype dtype,
                          double needed, pg_error *err)
{
    if (needed > INT_MAX)
        return pg_fail(err, PG_ENOMEM,
                       "not enough memory: LAPACK asks for %.0f numbers",
                       needed);
    *length = (int)fmax(1, needed);
    return new_array(work, dtype, 1, (size_t)*length, 0, err);
}

/* The length that a function asks for: a number of the matrix's dtype, which a
   float may have rounded down. */
typedef union asked {
    float f;
    double d;
} asked_length;

static double asked_for(const asked_length *asked, pg_dtype dtype)
{
    return dtype == PG_FLOAT32
               ? ceil((double)asked->f * (1 + (double)FLT_EPSILON))
               : asked->d;
}

/* An array of Fortran's integers. */
static pg_status new_integers(pg_array *out, size_t n, pg_error *err)
{
    return new_array(out, PG_INT32, 1, pg_size_max(1, n), 0, err);
}

static void release(pg_array *arrays, int n)
{
    for (int i = 0; i < n; i++)
        pg_array_release(&arrays[i]);
}

/* --- LU factors ----------------------------------------------------------- */

static pg_status fail_singular(const char *name, int pivot, pg_error *err)
{
    return pg_fail(err, PG_EARG, "%s: the matrix is singular: pivot %d is 0",
                   name, pivot);
}

pg_status pg_solve(pg_array *x, const pg_array *a, const pg_array *b,
                   pg_error *err)
{
    enum { A, B, PIVOTS, COUNT };
    pg_array t[COUNT] = {0};
    memset(x, 0, sizeof *x);
    pg_status status = check_square(a, "solve", err);
    if (status == PG_OK)
        status = check_right_side(a, b, "solve", err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = float_dtype(pg_dtype_promote(a->dtype, b->dtype));
    int n = (int)a->shape[0], lda = leading(a->shape[0]), info = 0;
    int k = b->ndim == 1 ? 1 : (int)b->shape[1];
    status = to_columns(&t[A], a, dtype, err);
    if (status == PG_OK)
        status = to_columns(&t[B], b, dtype, err);
    if (status == PG_OK)
        status = new_integers(&t[PIVOTS], a->shape[0], err);
    if (status == PG_OK)
        status = pg_blas_reserve(1, err);
    if (status == PG_OK && n > 0 && k > 0) {
        CALL(dtype, gesv, &n, &k, t[A].data, &lda, t[PIVOTS].data, t[B].data,
             &lda, &info);
        if (info > 0)
            status = fail_singular("solve", info, err);
    }
    if (status == PG_OK && b->ndim == 1)
        pg_array_view(x, &t[B]);
    else if (status == PG_OK)
        status = from_columns(x, &t[B], b->shape[0], b->shape[1], err);
    release(t, COUNT);
    return status;
}

pg_status pg_inverse(pg_array *out, const pg_array *a, pg_error *err)
{
    enum { A, PIVOTS, WORK, COUNT };
    pg_array t[COUNT] = {0};
    memset(out, 0, sizeof *out);
    pg_status status = check_square(a, "inv", err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = float_dtype(a->dtype);
    int n = (int)a->shape[0], lda = leading(a->shape[0]), info = 0, lwork = 0;
    /* In row order, LAPACK sees the transpose, and the inverse is that of the
       inverse. */
    status = pg_array_astype(&t[A], a, dtype, err);
    if (status == PG_OK)
        status = new_integers(&t[PIVOTS], a->shape[0], err);
    if (status == PG_OK)
        status = new_work(&t[WORK], &lwork, dtype, MOST_BLOCK * n, err);
    if (status == PG_OK)
        status = pg_blas_reserve(1, err);
    if (status == PG_OK && n > 0) {
        CALL(dtype, getrf, &n, &n, t[A].data, &lda, t[PIVOTS].data, &info);
        if (info == 0)
            CALL(dtype, getri, &n, t[A].data, &lda, t[PIVOTS].data,
                 t[WORK].data, &lwork, &info);
        if (info > 0)
            status = fail_singular("inv", info, err);
    }
    if (status == PG_OK)
        pg_array_view(out, &t[A]);
    release(t, COUNT);
    return status;
}

pg_status pg_determinant(double *determinant, const pg_array *a, pg_error *err)
{
    enum { A, PIVOTS, COUNT };
    pg_array t[COUNT] = {0};
    *determinant = 0;
    pg_status status = check_square(a, "det", err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = float_dtype(a->dtype);
    int n = (int)a->shape[0], lda = leading(a->shape[0]), info = 0;
    status = pg_array_astype(&t[A], a, dtype, err);
    if (status == PG_OK)
        status = new_integers(&t[PIVOTS], a->shape[0], err);
    if (status == PG_OK)
        status = pg_blas_reserve(1, err);
    if (status == PG_OK) {
        /* Mantissa and exponent apart, so that no product on the way is too
           large or too small. */
        double mantissa = 1;
        long exponent = 0;
        if (n > 0)
            CALL(dtype, getrf, &n, &n, t[A].data, &lda, t[PIVOTS].data, &info);
        for (int i = 0, e = 0; i < n; i++) {
            double pivot = element(&t[A], (size_t)i * (size_t)n + (size_t)i);
            bool is_swapped = ((const int32_t *)t[PIVOTS].data)[i] != i + 1;
            mantissa = frexp(mantissa * (is_swapped ? -pivot : pivot), &e);
            exponent += e;
        }
        exponent = exponent > 5000 ? 5000 : exponent < -5000 ? -5000 : exponent;
        *determinant = ldexp(mantissa, (int)exponent);
        if (dtype == PG_FLOAT32)
            *determinant = (double)(float)*determinant;
    }
    release(t, COUNT);
    return status;
}

/* --- factors -------------------------------------------------------------- */

pg_status pg_cholesky(pg_array *l, const pg_array *a, pg_error *err)
{
    pg_array factor;
    memset(l, 0, sizeof *l);
    pg_status status = check_square(a, "cholesky", err);
    if (status != PG_OK)
        return status;
    int n = (int)a->shape[0], lda = leading(a->shape[0]), info = 0;
    status = pg_array_astype(&factor, a, float_dtype(a->dtype), err);
    if (status == PG_OK)
        status = pg_blas_reserve(1, err);
    if (status == PG_OK && n > 0) {
        /* The lower triangle in row order is the upper one in column order. */
        CALL(factor.dtype, potrf, "U", &n, factor.data, &lda, &info, 1);
        if (info > 0)
            status = pg_fail(err, PG_EARG,
                             "cholesky: the matrix is not positive definite: "
                             "its leading minor of order %d is not positive",
                             info);
    }
    if (status == PG_OK)
        status = pg_triangle_of(l, &factor, PG_LOWER, 0, err);
    pg_array_release(&factor);
    return status;
}

pg_status pg_qr(pg_array *q, pg_array *r, const pg_array *a, pg_error *err)
{
    enum { A, TAU, WORK, COUNT };
    pg_array t[COUNT] = {0};
    memset(q, 0, sizeof *q);
    memset(r, 0, sizeof *r);
    pg_status status = check_matrix(a, "qr", err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = float_dtype(a->dtype);
    size_t rows = a->shape[0], cols = a->shape[1];
    size_t least = pg_size_min(rows, cols);
    int m = (int)rows, n = (int)cols, k = (int)least, lda = leading(rows);
    int info = 0, lwork = 0;
    status = to_columns(&t[A], a, dtype, err);
    if (status == PG_OK)
        status = new_array(&t[TAU], dtype, 1, least, 0, err);
    if (status == PG_OK)
        status =
            new_work(&t[WORK], &lwork, dtype, MOST_BLOCK * (double)cols, err);
    if (status == PG_OK)
        status = pg_blas_reserve(1, err);
    if (status == PG_OK && k > 0)
        CALL(dtype, geqrf, &m, &n, t[A].data, &lda, t[TAU].data, t[WORK].data,
             &lwork, &info);
    if (status == PG_OK) {
        pg_array view;
        view_columns(&view, &t[A], least, cols);
        status = pg_triangle_of(r, &view, PG_UPPER, 0, err);
        pg_array_release(&view);
    }
    if (status == PG_OK) {
        if (k > 0)
            CALL(dtype, orgqr, &m, &k, &k, t[A].data, &lda, t[TAU].data,
                 t[WORK].data, &lwork, &info);
        status = from_columns(q, &t[A], rows, least, err);
    }
    if (status != PG_OK)
        pg_array_release(r);
    release(t, COUNT);
    return status;
}

/* --- eigenvalues and singular values -------------------------------------- */

pg_status pg_eigh(pg_array *w, pg_array *v, const pg_array *a, pg_error *err)
{
    enum { A, WORK, INTEGERS, COUNT };
    pg_array t[COUNT] = {0};
    memset(w, 0, sizeof *w);
    memset(v, 0, sizeof *v);
    pg_status status = check_square(a, "eigh", err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = float_dtype(a->dtype);
    size_t rows = a->shape[0];
    double order = (double)rows;
    int n = (int)rows, lda = leading(rows), info = 0, lwork = 0;
    int liwork = (int)pg_size_min(INT_MAX, 3 + 5 * rows);
    status = pg_array_astype(&t[A], a, dtype, err);
    if (status == PG_OK)
        status = check_finite(&t[A], "eigh", "the matrix", err);
    if (status == PG_OK)
        status = new_array(w, dtype, 1, rows, 0, err);
    if (status == PG_OK)
        status = new_work(&t[WORK], &lwork, dtype,
                          1 + 6 * order + 2 * order * order, err);
    if (status == PG_OK)
        status = new_integers(&t[INTEGERS], (size_t)liwork, err);
    if (status == PG_OK)
        status = pg_blas_reserve(1, err);
    if (status == PG_OK && n > 0) {
        /* The lower triangle in row order is the upper one in column order. */
        CALL(dtype, syevd, "V", "U", &n, t[A].data, &lda, w->data, t[WORK].data,
             &lwork, t[INTEGERS].data, &liwork, &info, 1, 1);
        if (info != 0)
            status =
                pg_fail(err, PG_EARG, "eigh: the eigenvalues did not converge");
    }
    if (status == PG_OK)
        status = from_columns(v, &t[A], rows, rows, err);
    if (status != PG_OK)
        pg_array_release(w);
    release(t, COUNT);
    return status;
}

/* a's copy in row order is its transpose to LAPACK, whose u and vt are then vt
   and u in row order: nothing has to be transposed. */
pg_status pg_svd(pg_array *u, pg_array *s, pg_array *vt, const pg_array *a,
                 bool is_full, pg_error *err)
{
    enum { A, WORK, INTEGERS, COUNT };
    pg_array t[COUNT] = {0};
    memset(u, 0, sizeof *u);
    memset(s, 0, sizeof *s);
    memset(vt, 0, sizeof *vt);
    pg_status status = check_matrix(a, "svd", err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = float_dtype(a->dtype);
    size_t rows = a->shape[0], cols = a->shape[1];
    size_t least = pg_size_min(rows, cols);
    size_t left = is_full ? rows : least, right = is_full ? cols : least;
    int m = (int)cols, n = (int)rows, lda = leading(cols);
    int ldu = leading(cols), ldvt = leading(left), info = 0, lwork = -1;
    asked_length asked = {.d = 0};
    const char *job = is_full ? "A" : "S";
    status = pg_array_astype(&t[A], a, dtype, err);
    if (status == PG_OK)
        status = check_finite(&t[A], "svd", "the matrix", err);
    bool is_identity = is_full && least == 0; /* of the side that is not 0 */
    if (status == PG_OK)
        status = is_identity ? pg_eye(u, rows, dtype, err)
                             : new_array(u, dtype, 2, rows, left, err);
    if (status == PG_OK)
        status = new_array(s, dtype, 1, least, 0, err);
    if (status == PG_OK)
        status = is_identity ? pg_eye(vt, cols, dtype, err)
                             : new_array(vt, dtype, 2, right, cols, err);
    if (status == PG_OK)
        status = new_integers(&t[INTEGERS], 8 * least, err);
    if (status == PG_OK)
        status = pg_blas_reserve(1, err);
    if (status == PG_OK && least > 0) {
        CALL(dtype, gesdd, job, &m, &n, t[A].data, &lda, s->data, vt->data,
             &ldu, u->data, &ldvt, &asked, &lwork, t[INTEGERS].data, &info, 1);
        status =
            new_work(&t[WORK], &lwork, dtype, asked_for(&asked, dtype), err);
        if (status == PG_OK)
            CALL(dtype, gesdd, job, &m, &n, t[A].data, &lda, s->data, vt->data,
                 &ldu, u->data, &ldvt, t[WORK].data, &lwork, t[INTEGERS].data,
                 &info, 1);
        if (status == PG_OK && info != 0)
            status = pg_fail(err, PG_EARG,
                             "svd: the singular values did not converge");
    }
    if (status != PG_OK) {
        pg_array_release(u);
        pg_array_release(s);
        pg_array_release(vt);
    }
    release(t, COUNT);
    return status;
}

/* --- least squares -------------------------------------------------------- */

/* The sums of squares of b's rows behind a's columns, in column order. */
static void sum_residuals(const pg_array *residuals, const pg_array *b,
                          size_t rows, size_t cols)
{
    size_t stride = b->shape[1];
    for (size_t j = 0; j < residuals->shape[0]; j++) {
        double sum = 0;
        for (size_t i = cols; i < rows; i++) {
            double x = element(b, j * stride + i);
            sum += x * x;
        }
        if (residuals->dtype == PG_FLOAT32)
            ((float *)residuals->data)[j] = (float)sum;
        else
            ((double *)residuals->data)[j] = sum;
    }
}

static void release_result(pg_least_squares_result *out)
{
    pg_array_release(&out->x);
    pg_array_release(&out->residuals);
    pg_array_release(&out->s);
}

/* *out (k, max(m, n)) = b's columns, with room for x's; a column of zeros
   without any. */
static pg_status widen(pg_array *out, const pg_array *b, pg_dtype dtype,
                       size_t k, size_t length, pg_error *err)
{
    pg_array columns = {0}, head;
    size_t shape[2] = {pg_size_max(1, k), pg_size_max(1, length)};
    pg_status status = pg_array_zeros(out, dtype, 2, shape, err);
    if (status == PG_OK)
        status = to_columns(&columns, b, dtype, err);
    if (status == PG_OK) {
        pg_array_view(&head, out);
        head.shape[0] = k;
        head.shape[1] = b->shape[0];
        status = pg_array_assign(&head, &columns, err);
        pg_array_release(&head);
    }
    pg_array_release(&columns);
    return status;
}

/* Solves for b (k, max(m, n)) with a (n, m), both in column order and with
   elements. b becomes x, and behind its n rows what the residuals are summed
   of; *s a's singular values, *rank how many of them count. */
static pg_status solve_by_singular_values(const pg_array *a, const pg_array *b,
                                          const pg_array *s, size_t *rank,
                                          double rcond, pg_error *err)
{
    enum { WORK, INTEGERS, COUNT };
    pg_array t[COUNT] = {0};
    pg_dtype dtype = a->dtype;
    int m = (int)a->shape[1], n = (int)a->shape[0], k = (int)b->shape[0];
    int ldb = (int)b->shape[1];
    int info = 0, counted = 0, lwork = -1, integers = 0;
    asked_length asked = {.d = 0};
    double precision = dtype == PG_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
    double cut = rcond < 0 ? precision * ldb : rcond;
    float cut_float = (float)cut;
    const void *cut_at =
        dtype == PG_FLOAT32 ? (const void *)&cut_float : (const void *)&cut;
    CALL(dtype, gelsd, &m, &n, &k, a->data, &m, b->data, &ldb, s->data, cut_at,
         &counted, &asked, &lwork, &integers, &info);
    pg_status status =
        new_work(&t[WORK], &lwork, dtype, asked_for(&asked, dtype), err);
    if (status == PG_OK)
        status = new_integers(&t[INTEGERS], (size_t)integers, err);
    if (status == PG_OK)
        CALL(dtype, gelsd, &m, &n, &k, a->data, &m, b->data, &ldb, s->data,
             cut_at, &counted, t[WORK].data, &lwork, t[INTEGERS].data, &info);
    if (status == PG_OK && info != 0)
        status = pg_fail(err, PG_EARG,
                         "lstsq: the singular values did not converge");
    *rank = (size_t)counted;
    release(t, COUNT);
    return status;
}

/* Takes out->residuals and out->x from b's columns after they were solved. */
static pg_status take_solution(pg_least_squares_result *out,
                               const pg_array *solved, size_t rows, size_t cols,
                               const pg_array *b, pg_error *err)
{
    size_t right = b->ndim == 1 ? 1 : b->shape[1];
    bool has_residuals = out->rank == cols && rows > cols;
    pg_status status = new_array(&out->residuals, solved->dtype, 1,
                                 has_residuals ? right : 0, 0, err);
    if (status != PG_OK)
        return status;
    sum_residuals(&out->residuals, solved, rows, cols);
    if (rows == 0 || cols == 0) /* then nothing was solved, and x is 0 */
        memset(solved->data, 0, pg_array_bytes(solved));
    status = from_columns(&out->x, solved, cols, right, err);
    if (status == PG_OK && b->ndim == 1) {
        out->x.ndim = 1;
        out->x.strides[0] = (ptrdiff_t)pg_dtype_size(solved->dtype);
    }
    return status;
}

pg_status pg_least_squares(pg_least_squares_result *out, const pg_array *a,
                           const pg_array *b, double rcond, pg_error *err)
{
    enum { A, B, COUNT };
    pg_array t[COUNT] = {0};
    memset(out, 0, sizeof *out);
    pg_status status = check_matrix(a, "lstsq", err);
    if (status == PG_OK)
        status = check_right_side(a, b, "lstsq", err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = float_dtype(pg_dtype_promote(a->dtype, b->dtype));
    size_t rows = a->shape[0], cols = a->shape[1];
    size_t least = pg_size_min(rows, cols), most = pg_size_max(rows, cols);
    size_t right = b->ndim == 1 ? 1 : b->shape[1];
    status = to_columns(&t[A], a, dtype, err);
    if (status == PG_OK)
        status = widen(&t[B], b, dtype, right, most, err);
    if (status == PG_OK)
        status = check_finite(&t[A], "lstsq", "a", err);
    if (status == PG_OK)
        status = check_finite(&t[B], "lstsq", "b", err);
    if (status == PG_OK)
        status = new_array(&out->s, dtype, 1, least, 0, err);
    if (status == PG_OK)
        status = pg_blas_reserve(1, err);
    if (status == PG_OK && least > 0)
        status = solve_by_singular_values(&t[A], &t[B], &out->s, &out->rank,
                                          rcond, err);
    if (status == PG_OK)
        status = take_solution(out, &t[B], rows, cols, b, err);
    if (status != PG_OK)
        release_result(out);
    release(t, COUNT);
    return status;
}
