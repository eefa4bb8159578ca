/* Matrix products: tiles for CBLAS, and a loop for integers. */

#include "ops/linalg.h"

#include <cblas.h>
#include <limits.h>
#include <string.h>

#include "array/copy.h"
#include "base/blas.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "ops/map.h"

/* --- OpenBLAS ------------------------------------------------------------- */

static CBLAS_TRANSPOSE transposition(pg_matrix m)
{
    return m.transposed ? CblasTrans : CblasNoTrans;
}

void pg_gemm(void *out, size_t out_leading, pg_dtype dtype, pg_matrix a,
             pg_matrix b, size_t m, size_t n, size_t k, double beta)
{
    pg_assert(pg_size_max(m, pg_size_max(n, k)) <= INT_MAX);
    pg_assert(pg_size_max(a.leading, b.leading) <= INT_MAX &&
              out_leading >= n && out_leading <= INT_MAX);
    pg_assert(pg_dtype_is_float(dtype));
    pg_assert(a.leading >= pg_size_max(1, a.transposed ? m : k));
    pg_assert(b.leading >= pg_size_max(1, b.transposed ? k : n));
    blasint im = (blasint)m, in = (blasint)n, ik = (blasint)k;
    blasint la = (blasint)a.leading, lb = (blasint)b.leading;
    blasint lo = (blasint)out_leading;
    PG_EXPECT_FLOATS(2);
    pg_blas_enter();
    if (dtype == PG_FLOAT32)
        cblas_sgemm(CblasRowMajor, transposition(a), transposition(b), im, in,
                    ik, 1, a.data, la, b.data, lb, (float)beta, out, lo);
    else
        cblas_dgemm(CblasRowMajor, transposition(a), transposition(b), im, in,
                    ik, 1, a.data, la, b.data, lb, beta, out, lo);
    pg_blas_leave();
}

/* --- tiles ---------------------------------------------------------------- */

/* Products of fewer multiplications are not worth a second thread. */
static const double SMALL_PRODUCT = 1e6;

/* The length of a tile's side, about 1 / parts of length: a multiple of 32, and
   at least 64, as each tile packs its rows of a and its columns of b anew. */
static size_t tile_side(size_t length, size_t parts)
{
    return pg_size_max(64, pg_size_divide_up(length / parts, 32) * 32);
}

/* The part of m from a row and a column on, elements of `size` bytes. */
static pg_matrix matrix_from(pg_matrix m, size_t row, size_t column,
                             size_t size)
{
    size_t index =
        m.transposed ? column * m.leading + row : row * m.leading + column;
    m.data = (const char *)m.data + index * size;
    return m;
}

/* out (m,n) = a (m,k) b (k,n), which the jobs compute tile by tile. */
typedef struct product {
    char *out;
    pg_dtype dtype;
    pg_matrix a, b;
    size_t m, n, k, rows, cols; /* rows, cols: of a tile */
} product;

/* The rows and columns of one call of CBLAS. A call cannot be interrupted, so a
   tile of more than LARGE_CALL multiplications is several calls. OpenBLAS gives
   them the same bits as one: it cuts rows and columns itself, at 32, too. Sums
   over k are never cut: where OpenBLAS cuts those differs between machines. */
static void choose_part(size_t *rows, size_t *cols, const product *p)
{
    static const double LARGE_CALL = 1.5e9;
    enum { LEAST_PART = 32 };
    *rows = p->rows;
    *cols = p->cols;
    while ((double)*rows * (double)*cols * (double)p->k > LARGE_CALL &&
           pg_size_max(*rows, *cols) > LEAST_PART) {
        size_t *longer = *rows > *cols ? rows : cols;
        *longer = pg_size_divide_up(pg_size_divide_up(*longer, 2), LEAST_PART) *
                  LEAST_PART;
    }
}

/* pg_job: tiles are numbered in row-major order. */
static void multiply_tile(void *context, size_t tile)
{
    const product *p = context;
    size_t across = pg_size_divide_up(p->n, p->cols), rows, cols;
    size_t size = pg_dtype_size(p->dtype);
    size_t first = tile / across * p->rows, left = tile % across * p->cols;
    size_t end = pg_size_min(p->m, first + p->rows);
    size_t right = pg_size_min(p->n, left + p->cols);
    choose_part(&rows, &cols, p);
    for (size_t row = first; row < end; row += rows)
        for (size_t column = left; column < right && !pg_interrupted();
             column += cols)
            pg_gemm(p->out + (row * p->n + column) * size, p->n, p->dtype,
                    matrix_from(p->a, row, 0, size),
                    matrix_from(p->b, 0, column, size),
                    pg_size_min(rows, end - row),
                    pg_size_min(cols, right - column), p->k, 0);
}

/* out (m,n) = a (m,k) b (k,n). Tiles of a large product are about a quarter of
   the rows and, if columns are many, half of them; they depend on the shape
   alone. */
static pg_status multiply_in_tiles(const pg_array *out, pg_matrix a,
                                   pg_matrix b, size_t m, size_t n, size_t k,
                                   pg_error *err)
{
    product p = {out->data, out->dtype, a, b, m, n, k, m, n};
    if ((double)m * (double)n * (double)k >= SMALL_PRODUCT) {
        p.rows = pg_size_min(tile_side(m, n < 256 ? 8 : 4), 1024);
        p.cols = n < 1024 ? n : pg_size_min(tile_side(n, 2), 2048);
    }
    size_t tiles = pg_size_divide_up(m, p.rows) * pg_size_divide_up(n, p.cols);
    int threads = (int)pg_size_min(tiles, (size_t)pg_threads());
    pg_status status = pg_blas_reserve(threads, err);
    if (status == PG_OK)
        pg_parallel_for(tiles, true, multiply_tile, &p);
    return pg_unless_interrupted(status, err);
}

/* --- views as CBLAS takes them -------------------------------------------- */

/* *leading = the stride of an axis in elements, as CBLAS takes it: positive, at
   least the length of the other axis, which must be dense. false if a has no
   such stride. */
static bool leading_stride(size_t *leading, const pg_array *a, int axis)
{
    ptrdiff_t size = (ptrdiff_t)pg_dtype_size(a->dtype);
    int dense = 1 - axis;
    size_t across = pg_size_max(1, a->shape[dense]);
    *leading = across;
    if (a->shape[dense] > 1 && a->strides[dense] != size)
        return false;
    if (a->shape[axis] <= 1)
        return true;
    if (a->strides[axis] % size != 0 || a->strides[axis] < 0)
        return false;
    *leading = (size_t)(a->strides[axis] / size);
    return *leading >= across && *leading <= INT_MAX;
}

/* False if a is no matrix that CBLAS takes. */
static bool as_matrix(pg_matrix *m, const pg_array *a)
{
    m->data = a->data;
    m->transposed = false;
    if (leading_stride(&m->leading, a, 0))
        return true;
    m->transposed = true;
    return leading_stride(&m->leading, a, 1);
}

/* *matrix = an operand in the wanted dtype, as CBLAS takes it; *out holds its
   elements, a view if possible. */
static pg_status prepare(pg_array *out, pg_matrix *matrix, const pg_array *a,
                         pg_dtype dtype, pg_error *err)
{
    if (a->dtype == dtype && as_matrix(matrix, a)) {
        pg_array_view(out, a);
        return PG_OK;
    }
    pg_status status = pg_array_astype(out, a, dtype, err);
    if (status == PG_OK)
        as_matrix(matrix, out);
    return status;
}

/* --- integers: not in CBLAS ----------------------------------------------- */

typedef struct integer_product {
    uint64_t *out;
    const uint64_t *a, *b;
    size_t n, k;
} integer_product;

/* pg_job: row i of out (m,n) += a (m,k) b (k,n), all dense, modulo 2^64. The
   inner loop goes along a row of b, so that it is dense. */
static void multiply_row(void *context, size_t i)
{
    const integer_product p = *(const integer_product *)context;
    uint64_t *out = p.out + i * p.n;
    const uint64_t *a = p.a + i * p.k;
    PG_EACH_WIDE (p.n, j, p.k)
        for (size_t c = 0; c < p.n; c++)
            out[c] += a[j] * p.b[j * p.n + c];
}

/* Multiplies in 64 bits and cuts the result to the dtype, which is the same as
   wrapping in it. */
static pg_status dot_integers(const pg_array *out, const pg_array *a,
                              const pg_array *b, pg_error *err)
{
    pg_array wa, wb = {0}, sum = {0};
    pg_status status = pg_array_astype(&wa, a, PG_INT64, err);
    if (status == PG_OK)
        status = pg_array_astype(&wb, b, PG_INT64, err);
    if (status == PG_OK)
        status = pg_array_zeros(&sum, PG_INT64, 2, out->shape, err);
    if (status == PG_OK) {
        size_t m = out->shape[0], n = out->shape[1], k = a->shape[1];
        integer_product p = {sum.data, wa.data, wb.data, n, k};
        pg_parallel_for(m, (double)m * (double)n * (double)k > SMALL_PRODUCT,
                        multiply_row, &p);
        status = pg_check_interrupt(err);
    }
    if (status == PG_OK)
        status = pg_array_assign(out, &sum, err);
    pg_array_release(&wa);
    pg_array_release(&wb);
    pg_array_release(&sum);
    return status;
}

static pg_status dot_floats(const pg_array *out, const pg_array *a,
                            const pg_array *b, pg_error *err)
{
    pg_array pa, pb = {0};
    pg_matrix ma, mb;
    pg_status status = prepare(&pa, &ma, a, out->dtype, err);
    if (status == PG_OK)
        status = prepare(&pb, &mb, b, out->dtype, err);
    if (status == PG_OK)
        status = multiply_in_tiles(out, ma, mb, a->shape[0], b->shape[1],
                                   a->shape[1], err);
    pg_array_release(&pa);
    pg_array_release(&pb);
    return status;
}

/* --- dot ------------------------------------------------------------------ */

/* Makes a vector a matrix of one row, or of one column. */
static void promote_vector(pg_array *v, bool column)
{
    if (v->ndim != 1)
        return;
    int kept = column ? 0 : 1;
    pg_array vector = *v;
    v->ndim = 2;
    v->shape[kept] = vector.shape[0];
    v->strides[kept] = vector.strides[0];
    v->shape[1 - kept] = 1;
    v->strides[1 - kept] = 0;
}

/* PG_ESHAPE unless a, a matrix or vector of a function's argument, can be
   multiplied by b. */
static pg_status check_dot(const char *name, const pg_array *a,
                           const pg_array *b, pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    if (a->shape[a->ndim - 1] != b->shape[b->ndim > 1 ? b->ndim - 2 : 0])
        return pg_fail(err, PG_ESHAPE,
                       "%s: shapes %s and %s do not fit: the first has %zu "
                       "columns, the second %zu rows",
                       name, pg_shape_text(ta, a), pg_shape_text(tb, b),
                       a->shape[a->ndim - 1],
                       b->shape[b->ndim > 1 ? b->ndim - 2 : 0]);
    for (int i = 0; i < 2; i++)
        if ((i < a->ndim && a->shape[a->ndim - 1 - i] > INT_MAX) ||
            (i < b->ndim && b->shape[b->ndim - 1 - i] > INT_MAX))
            return pg_fail(err, PG_ESHAPE,
                           "%s: a length in %s and %s is more than BLAS takes",
                           name, pg_shape_text(ta, a), pg_shape_text(tb, b));
    return PG_OK;
}

/* out = a b for matrices that fit; out is dense and of the promoted dtype. */
static pg_status multiply(const pg_array *out, const pg_array *a,
                          const pg_array *b, pg_error *err)
{
    if (a->shape[1] == 0 || pg_array_size(out) == 0) {
        memset(out->data, 0, pg_array_bytes(out));
        return PG_OK;
    }
    return pg_dtype_is_float(out->dtype) ? dot_floats(out, a, b, err)
                                         : dot_integers(out, a, b, err);
}

pg_status pg_dot(pg_array *out, const pg_array *a, const pg_array *b,
                 pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    if (a->ndim < 1 || a->ndim > 2 || b->ndim < 1 || b->ndim > 2)
        return pg_fail(err, PG_ESHAPE,
                       "dot: needs matrices or vectors, not shapes %s and %s",
                       pg_shape_text(ta, a), pg_shape_text(tb, b));
    pg_status status = check_dot("dot", a, b, err);
    if (status != PG_OK)
        return status;
    pg_array rows = *a, columns = *b, result; /* matrices */
    promote_vector(&rows, false);
    promote_vector(&columns, true);
    size_t shape[2] = {rows.shape[0], columns.shape[1]}, kept[2];
    int ndim = 0;
    if (a->ndim == 2)
        kept[ndim++] = shape[0];
    if (b->ndim == 2)
        kept[ndim++] = shape[1];
    status = pg_array_new(out, pg_dtype_promote(a->dtype, b->dtype), ndim, kept,
                          err);
    if (status != PG_OK)
        return status;
    pg_array_borrow(&result, out->data, out->dtype, 2, shape);
    status = multiply(&result, &rows, &columns, err);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}

/* --- matmul --------------------------------------------------------------- */

/* Stacks of matrices that are multiplied one by one: the last two axes are
   those of the matrices; the `ndim` axes before are the same for all three. */
typedef struct stacks {
    pg_array out, a, b;
    int ndim;
    size_t shape[PG_MAXDIM]; /* of the stacks */
} stacks;

/* The matrix of a stack at `index`, in row-major order. */
static pg_array matrix_at(const pg_array *stack, const stacks *s, size_t index)
{
    pg_array matrix = *stack;
    char *at = stack->data;
    for (int i = s->ndim - 1; i >= 0; i--) {
        at += (ptrdiff_t)(index % s->shape[i]) * stack->strides[i];
        index /= s->shape[i];
    }
    matrix.data = at;
    matrix.ndim = 2;
    for (int i = 0; i < 2; i++) {
        matrix.shape[i] = stack->shape[s->ndim + i];
        matrix.strides[i] = stack->strides[s->ndim + i];
    }
    return matrix;
}

/* *out = a's matrices under the shape of the stacks; not retained. */
static pg_status stack_view(pg_array *out, const pg_array *a, const stacks *s,
                            pg_error *err)
{
    size_t shape[PG_MAXDIM];
    memcpy(shape, s->shape, sizeof shape);
    shape[s->ndim] = a->shape[a->ndim - 2];
    shape[s->ndim + 1] = a->shape[a->ndim - 1];
    pg_status status = pg_array_broadcast_view(out, a, s->ndim + 2, shape, err);
    pg_array view = *out;
    pg_array_release(out);
    *out = view;
    return status;
}

/* The shape of the stacks: a's and b's axes before the last two, broadcast. */
static pg_status stack_shape(stacks *s, const pg_array *a, const pg_array *b,
                             pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    pg_array before_a = *a, before_b = *b;
    before_a.ndim -= 2;
    before_b.ndim -= 2;
    if (pg_broadcast_shape(&s->ndim, s->shape, &before_a, &before_b, err) ==
        PG_OK)
        return PG_OK;
    return pg_fail(err, PG_ESHAPE,
                   "matmul: the stacks of shapes %s and %s do not broadcast "
                   "together",
                   pg_shape_text(ta, a), pg_shape_text(tb, b));
}

pg_status pg_matmul(pg_array *out, const pg_array *a, const pg_array *b,
                    pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    if (a->ndim == 0 || b->ndim == 0)
        return pg_fail(err, PG_ESHAPE,
                       "matmul: needs rank 1 or more, not shapes %s and %s: "
                       "a * b multiplies by a number",
                       pg_shape_text(ta, a), pg_shape_text(tb, b));
    pg_status status = check_dot("matmul", a, b, err);
    if (status != PG_OK)
        return status;
    pg_array rows = *a, columns = *b;
    stacks s;
    promote_vector(&rows, false);
    promote_vector(&columns, true);
    status = stack_shape(&s, &rows, &columns, err);
    if (status == PG_OK)
        status = stack_view(&s.a, &rows, &s, err);
    if (status == PG_OK)
        status = stack_view(&s.b, &columns, &s, err);
    if (status != PG_OK)
        return status;
    size_t shape[PG_MAXDIM], full[PG_MAXDIM], count = 1;
    int ndim = s.ndim;
    for (int i = 0; i < s.ndim; i++) {
        shape[i] = full[i] = s.shape[i];
        count *= s.shape[i];
    }
    full[s.ndim] = rows.shape[rows.ndim - 2];
    full[s.ndim + 1] = columns.shape[columns.ndim - 1];
    if (a->ndim > 1)
        shape[ndim++] = full[s.ndim];
    if (b->ndim > 1)
        shape[ndim++] = full[s.ndim + 1];
    status = pg_array_new(out, pg_dtype_promote(a->dtype, b->dtype), ndim,
                          shape, err);
    if (status != PG_OK)
        return status;
    pg_array_borrow(&s.out, out->data, out->dtype, s.ndim + 2, full);
    size_t matrices = pg_array_size(out) > 0 ? count : 0;
    for (size_t i = 0; i < matrices && status == PG_OK; i++) {
        pg_array result = matrix_at(&s.out, &s, i);
        pg_array left = matrix_at(&s.a, &s, i), right = matrix_at(&s.b, &s, i);
        status = multiply(&result, &left, &right, err);
    }
    return pg_array_end(out, status, err);
}

/* --- outer ---------------------------------------------------------------- */

pg_status pg_outer(pg_array *out, const pg_array *a, const pg_array *b,
                   pg_error *err)
{
    pg_array column, row = {0};
    size_t m = pg_array_size(a), n = pg_array_size(b);
    memset(out, 0, sizeof *out);
    pg_status status = pg_array_reshape(&column, a, 2, (size_t[]){m, 1}, err);
    if (status == PG_OK)
        status = pg_array_reshape(&row, b, 2, (size_t[]){1, n}, err);
    if (status == PG_OK)
        status = pg_binary(out, PG_MULTIPLY, &column, &row, err);
    pg_array_release(&column);
    pg_array_release(&row);
    return status;
}
