/* Elementwise operations: choice of the loop, broadcasting, casts in blocks. */

#include "ops/map.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "array/cast.h"
#include "array/copy.h"
#include "array/iterate.h"
#include "array/storage.h"
#include "base/interrupt.h"
#include "kernels/elementwise.h"
#include "kernels/reduction.h"

/* --- running a loop over arrays ---------------------------------------------

   Operand 0 is the result. Operands of another dtype than the loop takes go
   through buffers on the stack, in blocks. */

enum { BLOCK = 480 }; /* of four operands: 15 kB */

typedef struct task {
    pg_elementwise_kernel loop;
    int count;
    pg_dtype dtypes[PG_MAXOPERANDS]; /* of the arrays */
    pg_dtype wanted[PG_MAXOPERANDS]; /* by the loop */
} task;

/* Runs the loop over n <= BLOCK elements. */
static void run_block(const task *t, char *const *pointers,
                      const ptrdiff_t *strides, size_t n)
{
    _Alignas(64) char buffers[PG_MAXOPERANDS][BLOCK * sizeof(double)];
    char *p[PG_MAXOPERANDS];
    ptrdiff_t s[PG_MAXOPERANDS];
    pg_assert(n <= BLOCK);
    for (int k = 0; k < t->count; k++) {
        p[k] = pointers[k];
        s[k] = strides[k];
        if (t->dtypes[k] == t->wanted[k])
            continue;
        p[k] = buffers[k];
        s[k] = (ptrdiff_t)pg_dtype_size(t->wanted[k]);
        if (k > 0)
            pg_cast(t->wanted[k], p[k], s[k], t->dtypes[k], pointers[k],
                    strides[k], n);
    }
    t->loop(p, s, n);
    if (p[0] != pointers[0])
        pg_cast(t->dtypes[0], pointers[0], strides[0], t->wanted[0], p[0], s[0],
                n);
}

/* pg_inner */
static void run_inner(char *const *pointers, const ptrdiff_t *strides, size_t n,
                      void *context)
{
    const task *t = context;
    if (memcmp(t->dtypes, t->wanted, (size_t)t->count * sizeof(pg_dtype)) ==
        0) {
        t->loop(pointers, strides, n);
        return;
    }
    for (size_t i = 0; i < n; i += BLOCK) {
        char *p[PG_MAXOPERANDS];
        for (int k = 0; k < t->count; k++)
            p[k] = pointers[k] + (ptrdiff_t)i * strides[k];
        run_block(t, p, strides, pg_size_min(BLOCK, n - i));
    }
}

/* Runs the loop in one call if there are at most FEW elements and all operands
   are dense and of out's shape, or single values; else returns false. A small
   array takes less time in the loop than a run takes to prepare. */
static bool run_at_once(const task *t, const pg_array *out,
                        const pg_array *const *inputs)
{
    char *pointers[PG_MAXOPERANDS] = {out->data};
    ptrdiff_t strides[PG_MAXOPERANDS] = {(ptrdiff_t)pg_dtype_size(out->dtype)};
    enum { FEW = 16384 };
    size_t n = pg_array_size(out);
    if (n > FEW || !pg_array_is_contiguous(out))
        return false;
    for (int k = 1; k < t->count; k++) {
        const pg_array *in = inputs[k - 1];
        bool single = in->ndim == 0;
        if (!single &&
            !(pg_array_same_shape(in, out) && pg_array_is_contiguous(in)))
            return false;
        if (pg_array_shares_storage(out, in) &&
            (single || in->data != out->data))
            return false;
        pointers[k] = in->data;
        strides[k] = single ? 0 : (ptrdiff_t)pg_dtype_size(in->dtype);
    }
    if (n > 0)
        run_inner(pointers, strides, n, (void *)t);
    return true;
}

/* Broadcasts the inputs to out and runs the loop, which takes dtypes wanted[1],
   ... and gives wanted[0]. Copies inputs that share out's storage first, unless
   they are the same view. */
static pg_status run(const pg_array *out, pg_elementwise_kernel loop, int count,
                     const pg_array *const *inputs, const pg_dtype *wanted,
                     pg_error *err)
{
    task t = {.loop = loop, .count = count};
    pg_assert(loop && count >= 2 && count <= PG_MAXOPERANDS);
    for (int k = 0; k < count; k++) {
        t.dtypes[k] = k == 0 ? out->dtype : inputs[k - 1]->dtype;
        t.wanted[k] = wanted[k];
    }
    pg_storage_mark_written(out->storage);
    if (run_at_once(&t, out, inputs))
        return PG_OK;
    pg_array operands[PG_MAXOPERANDS];
    const pg_array *pointers[PG_MAXOPERANDS] = {out};
    pg_status status = PG_OK;
    int made = 1;
    for (; made < count && status == PG_OK; made++) {
        pg_array *operand = &operands[made];
        pointers[made] = operand;
        status = pg_array_broadcast_view(operand, inputs[made - 1], out->ndim,
                                         out->shape, err);
        if (status == PG_OK && pg_array_shares_storage(out, operand) &&
            !pg_array_same_view(out, operand)) {
            pg_array shared = *operand;
            status = pg_array_copy(operand, &shared, err);
            pg_array_release(&shared);
        }
    }
    if (status == PG_OK) {
        pg_iterate(pointers, count, run_inner, &t);
        status = pg_check_interrupt(err);
    }
    for (int k = 1; k < made; k++)
        pg_array_release(&operands[k]);
    return status;
}

/* --- the choice of loop and dtype ----------------------------------------- */

static const char *const binary_names[PG_BINARY_COUNT] = {
    [PG_ADD] = "add",
    [PG_SUBTRACT] = "subtract",
    [PG_MULTIPLY] = "multiply",
    [PG_DIVIDE] = "divide",
    [PG_FLOOR_DIVIDE] = "floor divide",
    [PG_REMAINDER] = "remainder",
    [PG_POWER] = "power",
    [PG_GREATER] = "gt",
    [PG_GREATER_EQUAL] = "ge",
    [PG_LESS] = "lt",
    [PG_LESS_EQUAL] = "le",
    [PG_EQUAL] = "eq",
    [PG_NOT_EQUAL] = "ne",
    [PG_BITWISE_AND] = "&",
    [PG_BITWISE_OR] = "|",
    [PG_BITWISE_XOR] = "~",
    [PG_MINIMUM] = "minimum",
    [PG_MAXIMUM] = "maximum",
    [PG_LEAKY_RELU] = "leaky_relu",
};

static const char *const unary_names[PG_UNARY_COUNT] = {
    [PG_NEGATIVE] = "negative", [PG_ABSOLUTE] = "abs",
    [PG_SIGN] = "sign",         [PG_SQUARE] = "square",
    [PG_RELU] = "relu",         [PG_EXP] = "exp",
    [PG_EXPM1] = "expm1",       [PG_LOG] = "log",
    [PG_LOG1P] = "log1p",       [PG_LOG2] = "log2",
    [PG_LOG10] = "log10",       [PG_SQRT] = "sqrt",
    [PG_SIN] = "sin",           [PG_COS] = "cos",
    [PG_TAN] = "tan",           [PG_TANH] = "tanh",
    [PG_GELU] = "gelu",         [PG_GELU_DERIVATIVE] = "gelu_derivative",
    [PG_SIGMOID] = "sigmoid",   [PG_FLOOR] = "floor",
    [PG_CEIL] = "ceil",         [PG_ROUND] = "round",
    [PG_ISNAN] = "isnan",       [PG_ISFINITE] = "isfinite",
    [PG_ISINF] = "isinf",       [PG_BITWISE_NOT] = "~",
};

static bool is_comparison(pg_binary_op op)
{
    return op >= PG_GREATER && op <= PG_NOT_EQUAL;
}

static bool is_predicate(pg_unary_op op)
{
    return op >= PG_ISNAN && op <= PG_ISINF;
}

static bool needs_floats(pg_binary_op op)
{
    return op == PG_DIVIDE || op == PG_LEAKY_RELU;
}

/* *loop = the loop over operands of these dtypes; wanted = what it gives and
   takes. As in NumPy, integers divide to float64, and bool floor-divides,
   leaves remainders and powers as int8. PG_EDTYPE if there is no loop. */
static pg_status choose_binary(pg_elementwise_kernel *loop, pg_dtype wanted[3],
                               pg_binary_op op, const pg_array *a,
                               const pg_array *b, pg_error *err)
{
    pg_dtype dtype = pg_dtype_promote(a->dtype, b->dtype);
    if (needs_floats(op) && !pg_dtype_is_float(dtype))
        dtype = PG_FLOAT64;
    if (dtype == PG_BOOL &&
        (op == PG_FLOOR_DIVIDE || op == PG_REMAINDER || op == PG_POWER))
        dtype = PG_INT8;
    pg_assert(op < PG_BINARY_COUNT);
    *loop = pg_elementwise_kernels()->binary[op][dtype];
    wanted[0] = is_comparison(op) ? PG_BOOL : dtype;
    wanted[1] = wanted[2] = dtype;
    if (*loop)
        return PG_OK;
    return pg_fail(err, PG_EDTYPE, "'%s' does not take %s and %s",
                   binary_names[op], pg_dtype_name(a->dtype),
                   pg_dtype_name(b->dtype));
}

static pg_status choose_unary(pg_elementwise_kernel *loop, pg_dtype wanted[2],
                              pg_unary_op op, const pg_array *a, pg_error *err)
{
    pg_assert(op < PG_UNARY_COUNT);
    bool needs_float = op >= PG_EXP && op <= PG_SIGMOID;
    bool converts = needs_float && !pg_dtype_is_float(a->dtype);
    wanted[1] = converts ? PG_FLOAT64 : a->dtype;
    if (op == PG_SQUARE && a->dtype == PG_BOOL)
        wanted[1] = PG_INT8;
    wanted[0] = is_predicate(op) ? PG_BOOL : wanted[1];
    *loop = pg_elementwise_kernels()->unary[op][wanted[1]];
    if (*loop)
        return PG_OK;
    return pg_fail(err, PG_EDTYPE, "'%s' does not take %s", unary_names[op],
                   pg_dtype_name(a->dtype));
}

/* PG_EARG for integers to a negative power, as in NumPy. */
static pg_status check_exponent(pg_binary_op op, pg_dtype dtype,
                                const pg_array *exponent, pg_error *err)
{
    pg_array dense;
    if (op != PG_POWER || pg_dtype_kind(dtype) != 'i' ||
        pg_dtype_kind(exponent->dtype) != 'i')
        return PG_OK;
    pg_status status = pg_array_dense(&dense, exponent, err);
    if (status != PG_OK)
        return status;
    pg_reduction_along find_least =
        pg_reduction_kernels()->of[PG_MIN][exponent->dtype].along;
    size_t n = pg_array_size(&dense), size = pg_dtype_size(dense.dtype), end;
    int64_t least = 0;
    for (size_t i = 0; pg_next_chunk(&end, i, n, PG_CHUNK); i = end) {
        pg_element element;
        find_least(&element, (const char *)dense.data + i * size, end - i);
        pg_scalar value = pg_scalar_load(&element, dense.dtype);
        if (value.as.i < least)
            least = value.as.i;
    }
    pg_array_release(&dense);
    status = pg_check_interrupt(err);
    if (status == PG_OK && least < 0)
        status = pg_fail(err, PG_EARG,
                         "integers to a negative power (%lld): use a float "
                         "base, as in a:astype(\"float64\")",
                         (long long)least);
    return status;
}

/* --- binary and unary operations ------------------------------------------ */

static pg_status check_output(const pg_array *out, pg_dtype result,
                              const char *name, pg_error *err)
{
    if (pg_dtype_same_kind(result, out->dtype))
        return PG_OK;
    return pg_fail(err, PG_EDTYPE,
                   "'%s' gives %s, which does not go into an array of %s", name,
                   pg_dtype_name(result), pg_dtype_name(out->dtype));
}

pg_status pg_binary_into(const pg_array *out, pg_binary_op op,
                         const pg_array *a, const pg_array *b, pg_error *err)
{
    pg_elementwise_kernel loop;
    pg_dtype wanted[3];
    pg_status status = choose_binary(&loop, wanted, op, a, b, err);
    if (status == PG_OK)
        status = check_output(out, wanted[0], binary_names[op], err);
    if (status == PG_OK)
        status = check_exponent(op, wanted[1], b, err);
    if (status == PG_OK)
        status = run(out, loop, 3, (const pg_array *[]){a, b}, wanted, err);
    return status;
}

pg_status pg_binary_in_place(const pg_array *a, pg_binary_op op,
                             const pg_array *b, pg_error *err)
{
    const pg_interrupt *enabled = pg_set_interrupt(NULL);
    pg_status status = pg_binary_into(a, op, a, b, err);
    pg_set_interrupt(enabled);
    return status;
}

static pg_status check_shape(const pg_array *out, int ndim, const size_t *shape,
                             const char *name, pg_error *err)
{
    char expected[PG_SHAPE_TEXT], found[PG_SHAPE_TEXT];
    if (out->ndim == ndim &&
        memcmp(out->shape, shape, (size_t)ndim * sizeof *shape) == 0)
        return PG_OK;
    return pg_fail(err, PG_ESHAPE, "'%s' gives shape %s, but out has shape %s",
                   name, pg_shape_text_of(expected, ndim, shape),
                   pg_shape_text(found, out));
}

pg_status pg_binary_replace(const pg_array *out, pg_binary_op op,
                            const pg_array *a, const pg_array *b, pg_error *err)
{
    int ndim;
    size_t shape[PG_MAXDIM];
    const pg_interrupt *enabled = pg_set_interrupt(NULL);
    pg_status status = pg_broadcast_shape(&ndim, shape, a, b, err);
    if (status == PG_OK)
        status = check_shape(out, ndim, shape, binary_names[op], err);
    if (status == PG_OK)
        status = pg_binary_into(out, op, a, b, err);
    pg_set_interrupt(enabled);
    return status;
}

pg_status pg_binary(pg_array *out, pg_binary_op op, const pg_array *a,
                    const pg_array *b, pg_error *err)
{
    pg_elementwise_kernel loop;
    pg_dtype wanted[3];
    int ndim;
    size_t shape[PG_MAXDIM];
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    pg_status status = choose_binary(&loop, wanted, op, a, b, err);
    if (status != PG_OK)
        return status;
    status = pg_broadcast_shape(&ndim, shape, a, b, err);
    if (status != PG_OK && op == PG_MULTIPLY && a->ndim == 2 && b->ndim > 0 &&
        b->ndim <= 2 && a->shape[1] == b->shape[0])
        return pg_fail(err, PG_ESHAPE,
                       "shapes %s and %s do not broadcast together: * goes "
                       "element by element; the matrix product is a:dot(b)",
                       pg_shape_text(ta, a), pg_shape_text(tb, b));
    if (status == PG_OK)
        status = check_exponent(op, wanted[1], b, err);
    if (status == PG_OK)
        status = pg_array_new(out, wanted[0], ndim, shape, err);
    if (status == PG_OK)
        status = run(out, loop, 3, (const pg_array *[]){a, b}, wanted, err);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}

pg_status pg_binary_scalar(pg_array *out, pg_element *element, pg_binary_op op,
                           pg_scalar scalar, pg_dtype beside, pg_error *err)
{
    if (needs_floats(op) && scalar.kind == 'i')
        scalar = (pg_scalar){.kind = 'f', .as.f = (double)scalar.as.i};
    return pg_scalar_operand(out, element, scalar, beside, is_comparison(op),
                             err);
}

pg_status pg_unary_into(const pg_array *out, pg_unary_op op, const pg_array *a,
                        pg_error *err)
{
    pg_elementwise_kernel loop;
    pg_dtype wanted[2];
    pg_status status = choose_unary(&loop, wanted, op, a, err);
    if (status == PG_OK)
        status = check_output(out, wanted[0], unary_names[op], err);
    if (status == PG_OK)
        status = run(out, loop, 2, &a, wanted, err);
    return status;
}

pg_status pg_unary(pg_array *out, pg_unary_op op, const pg_array *a,
                   pg_error *err)
{
    pg_elementwise_kernel loop;
    pg_dtype wanted[2];
    memset(out, 0, sizeof *out);
    pg_status status = choose_unary(&loop, wanted, op, a, err);
    if (status == PG_OK)
        status = pg_array_new(out, wanted[0], a->ndim, a->shape, err);
    if (status == PG_OK)
        status = run(out, loop, 2, &a, wanted, err);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}

pg_status pg_unary_replace(const pg_array *out, pg_unary_op op,
                           const pg_array *a, pg_error *err)
{
    const pg_interrupt *enabled = pg_set_interrupt(NULL);
    pg_status status =
        check_shape(out, a->ndim, a->shape, unary_names[op], err);
    if (status == PG_OK)
        status = pg_unary_into(out, op, a, err);
    pg_set_interrupt(enabled);
    return status;
}

/* --- where, axpy and round ------------------------------------------------ */

pg_status pg_where(pg_array *out, const pg_array *mask, const pg_array *a,
                   const pg_array *b, pg_error *err)
{
    int ndim;
    size_t shape[PG_MAXDIM];
    memset(out, 0, sizeof *out);
    if (mask->dtype != PG_BOOL)
        return pg_fail(err, PG_EDTYPE, "a mask must be bool, not %s",
                       pg_dtype_name(mask->dtype));
    pg_dtype dtype = pg_dtype_promote(a->dtype, b->dtype);
    pg_status status = pg_broadcast_shape(&ndim, shape, a, b, err);
    if (status != PG_OK)
        return status;
    pg_array both = {.ndim = ndim}; /* the shape alone */
    memcpy(both.shape, shape, sizeof shape);
    status = pg_broadcast_shape(&ndim, shape, &both, mask, err);
    if (status == PG_OK)
        status = pg_array_new(out, dtype, ndim, shape, err);
    if (status == PG_OK)
        status = run(out, pg_elementwise_kernels()->where[dtype], 4,
                     (const pg_array *[]){mask, a, b},
                     (pg_dtype[]){dtype, PG_BOOL, dtype, dtype}, err);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}

pg_status pg_divide_by(const pg_array *a, double divisor, pg_error *err)
{
    pg_array operand;
    pg_element element;
    pg_scalar scalar = {.kind = 'f', .as.f = divisor};
    pg_status status =
        pg_binary_scalar(&operand, &element, PG_DIVIDE, scalar, a->dtype, err);
    if (status == PG_OK)
        status = pg_binary_into(a, PG_DIVIDE, a, &operand, err);
    return status;
}

pg_status pg_axpy(const pg_array *y, double alpha, const pg_array *x,
                  pg_error *err)
{
    pg_array factor;
    pg_array_borrow(&factor, &alpha, PG_FLOAT64, 0, NULL);
    if (!pg_dtype_is_float(y->dtype))
        return pg_fail(err, PG_EDTYPE, "'axpy_' needs a floating array, not %s",
                       pg_dtype_name(y->dtype));
    const pg_interrupt *enabled = pg_set_interrupt(NULL);
    pg_status status = run(y, pg_elementwise_kernels()->axpy[y->dtype], 3,
                           (const pg_array *[]){&factor, x},
                           (pg_dtype[]){y->dtype, y->dtype, y->dtype}, err);
    pg_set_interrupt(enabled);
    return status;
}

/* out = out op factor, in out's own dtype. */
static pg_status scale_into(const pg_array *out, pg_binary_op op, double factor,
                            pg_error *err)
{
    pg_array operand;
    float narrow = (float)factor;
    PG_EXPECT_FLOATS(2);
    bool wide = out->dtype == PG_FLOAT64;
    pg_array_borrow(&operand, wide ? (void *)&factor : (void *)&narrow,
                    out->dtype, 0, NULL);
    return pg_binary_into(out, op, out, &operand, err);
}

/* Integers have no decimals; negative decimals round them as floats. */
pg_status pg_round(pg_array *out, const pg_array *a, int64_t decimals,
                   pg_error *err)
{
    pg_array scaled;
    bool is_float = pg_dtype_is_float(a->dtype);
    if (decimals == 0 || (decimals > 0 && !is_float))
        return pg_unary(out, PG_ROUND, a, err);
    memset(out, 0, sizeof *out);
    pg_binary_op to = decimals > 0 ? PG_MULTIPLY : PG_DIVIDE;
    pg_binary_op back = decimals > 0 ? PG_DIVIDE : PG_MULTIPLY;
    double factor = pow(10, fabs((double)decimals));
    pg_status status =
        pg_array_astype(&scaled, a, is_float ? a->dtype : PG_FLOAT64, err);
    if (status == PG_OK)
        status = scale_into(&scaled, to, factor, err);
    if (status == PG_OK)
        status = pg_unary_into(&scaled, PG_ROUND, &scaled, err);
    if (status == PG_OK)
        status = scale_into(&scaled, back, factor, err);
    if (status == PG_OK)
        status = pg_array_astype(out, &scaled, a->dtype, err);
    pg_array_release(&scaled);
    return status;
}

pg_status pg_round_replace(const pg_array *out, const pg_array *a,
                           int64_t decimals, pg_error *err)
{
    pg_array rounded;
    if (decimals == 0)
        return pg_unary_replace(out, PG_ROUND, a, err);
    const char *name = unary_names[PG_ROUND];
    pg_status status = check_shape(out, a->ndim, a->shape, name, err);
    if (status == PG_OK)
        status = check_output(out, a->dtype, name, err);
    if (status != PG_OK)
        return status;
    status = pg_round(&rounded, a, decimals, err);
    if (status == PG_OK)
        status = pg_array_assign(out, &rounded, err);
    pg_array_release(&rounded);
    return status;
}

/* --- allclose ------------------------------------------------------------- */

typedef struct closeness {
    pg_dtype a, b;
    double rtol, atol;
    atomic_bool close;
} closeness;

/* pg_inner */
static void allclose_inner(char *const *p, const ptrdiff_t *s, size_t n,
                           void *context)
{
    closeness *c = context;
    for (size_t i = 0; i < n && atomic_load(&c->close); i += BLOCK) {
        double a[BLOCK], b[BLOCK];
        size_t count = pg_size_min(BLOCK, n - i);
        pg_cast(PG_FLOAT64, (char *)a, sizeof *a, c->a,
                p[0] + (ptrdiff_t)i * s[0], s[0], count);
        pg_cast(PG_FLOAT64, (char *)b, sizeof *b, c->b,
                p[1] + (ptrdiff_t)i * s[1], s[1], count);
        for (size_t k = 0; k < count; k++) {
            bool within = isfinite(b[k]) &&
                          fabs(a[k] - b[k]) <= c->atol + c->rtol * fabs(b[k]);
            if (a[k] != b[k] && !within)
                atomic_store(&c->close, false);
        }
    }
}

pg_status pg_allclose(bool *close, const pg_array *a, const pg_array *b,
                      double rtol, double atol, pg_error *err)
{
    int ndim;
    size_t shape[PG_MAXDIM];
    pg_array va = {0}, vb = {0};
    closeness c = {a->dtype, b->dtype, rtol, atol, true};
    pg_status status = pg_broadcast_shape(&ndim, shape, a, b, err);
    if (status == PG_OK)
        status = pg_array_broadcast_view(&va, a, ndim, shape, err);
    if (status == PG_OK)
        status = pg_array_broadcast_view(&vb, b, ndim, shape, err);
    if (status == PG_OK) {
        pg_iterate((const pg_array *[]){&va, &vb}, 2, allclose_inner, &c);
        status = pg_check_interrupt(err);
    }
    pg_array_release(&va);
    pg_array_release(&vb);
    *close = atomic_load(&c.close);
    return status;
}

/* --- array_equal ---------------------------------------------------------- */

/* *out = both a and b are NaN. */
static pg_status both_nan(pg_array *out, const pg_array *a, const pg_array *b,
                          pg_error *err)
{
    pg_array in_a, in_b = {0};
    pg_status status = pg_binary(&in_a, PG_NOT_EQUAL, a, a, err);
    if (status == PG_OK)
        status = pg_binary(&in_b, PG_NOT_EQUAL, b, b, err);
    if (status == PG_OK)
        status = pg_binary(out, PG_BITWISE_AND, &in_a, &in_b, err);
    pg_array_release(&in_a);
    pg_array_release(&in_b);
    return status;
}

pg_status pg_array_equal(bool *equal, const pg_array *a, const pg_array *b,
                         bool is_nan_equal, pg_error *err)
{
    pg_array same = {0}, nan = {0};
    *equal = false;
    if (!pg_array_same_shape(a, b))
        return PG_OK;
    pg_status status = pg_binary(&same, PG_EQUAL, a, b, err);
    if (status == PG_OK && is_nan_equal)
        status = both_nan(&nan, a, b, err);
    if (status == PG_OK && is_nan_equal)
        status = pg_binary_in_place(&same, PG_BITWISE_OR, &nan, err);
    const bool *holds = same.data;
    size_t n = status == PG_OK ? pg_array_size(&same) : 0;
    *equal = status == PG_OK;
    PG_EACH (i, n)
        *equal = *equal && holds[i];
    pg_array_release(&same);
    pg_array_release(&nan);
    return pg_unless_interrupted(status, err);
}
