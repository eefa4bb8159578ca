#include "reduce.h"

#include <math.h>
#include <string.h>

#include "cast.h"
#include "map.h"
#include "runtime.h"

/* --- loops over dense elements
   ---------------------------------------------------

   along: one result from n elements. across: n results, each taking one element
   more. Results have the accumulator's dtype. */

typedef void (*along_loop)(void *result, const void *in, size_t n);
typedef void (*across_loop)(void *results, const void *in, size_t n);

/* Pairwise: blocks of at most 128 in eight partial sums, halves added to
   halves; the error grows with log n where a plain loop's grows with n (Higham
   1993). Written for each accumulator A, of which integers would not need it
   but lose nothing. */
#define SUM_LOOPS(NAME, T, A)                                              \
    static A pairwise_##NAME(const T *x, size_t n)                         \
    {                                                                      \
        if (n > 128) {                                                     \
            size_t half = n / 2 & ~(size_t)7;                              \
            return pairwise_##NAME(x, half) +                              \
                   pairwise_##NAME(x + half, n - half);                    \
        }                                                                  \
        A part[8] = {0}, rest = 0;                                         \
        size_t i = 0;                                                      \
        for (; i + 8 <= n; i += 8)                                         \
            for (size_t k = 0; k < 8; k++)                                 \
                part[k] += (A)x[i + k];                                    \
        for (; i < n; i++)                                                 \
            rest += (A)x[i];                                               \
        return ((part[0] + part[1]) + (part[2] + part[3])) +               \
               ((part[4] + part[5]) + (part[6] + part[7])) + rest;         \
    }                                                                      \
    static void sum_along_##NAME(void *result, const void *in, size_t n)   \
    {                                                                      \
        *(A *)result = pairwise_##NAME(in, n);                             \
    }                                                                      \
    static void sum_across_##NAME(void *results, const void *in, size_t n) \
    {                                                                      \
        A *sums = results;                                                 \
        const T *x = in;                                                   \
        for (size_t i = 0; i < n; i++)                                     \
            sums[i] += (A)x[i];                                            \
    }

/* Signed sums wrap: they are added as unsigned numbers. */
SUM_LOOPS(BOOL, bool, uint64_t)
SUM_LOOPS(INT8, int8_t, uint64_t)
SUM_LOOPS(INT16, int16_t, uint64_t)
SUM_LOOPS(INT32, int32_t, uint64_t)
SUM_LOOPS(INT64, int64_t, uint64_t)
SUM_LOOPS(UINT8, uint8_t, uint64_t)
SUM_LOOPS(UINT16, uint16_t, uint64_t)
SUM_LOOPS(UINT32, uint32_t, uint64_t)
SUM_LOOPS(UINT64, uint64_t, uint64_t)
SUM_LOOPS(FLOAT32, float, double)
SUM_LOOPS(FLOAT64, double, double)

/* x replaces best where it is better, or NaN: only NaN differs from itself. */
#define EXTREME_LOOPS(op, NAME, T, BETTER)                                  \
    static void op##_along_##NAME(void *result, const void *in, size_t n)   \
    {                                                                       \
        const T *values = in;                                               \
        T best = values[0];                                                 \
        for (size_t i = 1; i < n; i++) {                                    \
            T x = values[i];                                                \
            best = x BETTER best || x != x ? x : best;                      \
        }                                                                   \
        *(T *)result = best;                                                \
    }                                                                       \
    static void op##_across_##NAME(void *results, const void *in, size_t n) \
    {                                                                       \
        T *bests = results;                                                 \
        const T *values = in;                                               \
        for (size_t i = 0; i < n; i++) {                                    \
            T x = values[i];                                                \
            bests[i] = x BETTER bests[i] || x != x ? x : bests[i];          \
        }                                                                   \
    }

#define ARGMAX_LOOP(NAME, T)                                                \
    static void argmax_along_##NAME(void *result, const void *in, size_t n) \
    {                                                                       \
        const T *values = in;                                               \
        size_t best = 0;                                                    \
        for (size_t i = 1; i < n && values[best] == values[best]; i++)      \
            if (values[i] > values[best] || values[i] != values[i])         \
                best = i;                                                   \
        *(int64_t *)result = (int64_t)best + 1;                             \
    }

#define X(NAME, ctype, name, kind)     \
    EXTREME_LOOPS(min, NAME, ctype, <) \
    EXTREME_LOOPS(max, NAME, ctype, >) \
    ARGMAX_LOOP(NAME, ctype)
PG_DTYPES(X)
#undef X

typedef struct fold {
    along_loop along;
    across_loop across; /* NULL: only along */
    pg_dtype dtype;     /* of the result */
} fold;

static pg_dtype sum_dtype(pg_dtype dtype)
{
    if (pg_dtype_is_float(dtype))
        return PG_FLOAT64;
    return pg_dtype_kind(dtype) == 'u' ? PG_UINT64 : PG_INT64;
}

static fold sum_fold(pg_dtype dtype)
{
    static const struct {
        along_loop along;
        across_loop across;
    } loops[PG_DTYPE_COUNT] = {
#define X(NAME, ctype, name, kind) {sum_along_##NAME, sum_across_##NAME},
        PG_DTYPES(X)
#undef X
    };
    return (fold){loops[dtype].along, loops[dtype].across, sum_dtype(dtype)};
}

static fold choose_fold(pg_reduce_op op, pg_dtype dtype)
{
    static const struct {
        along_loop min, max, argmax;
        across_loop min_across, max_across;
    } loops[PG_DTYPE_COUNT] = {
#define X(NAME, ctype, name, kind)                            \
    {min_along_##NAME, max_along_##NAME, argmax_along_##NAME, \
     min_across_##NAME, max_across_##NAME},
        PG_DTYPES(X)
#undef X
    };
    switch (op) {
    case PG_MIN:
        return (fold){loops[dtype].min, loops[dtype].min_across, dtype};
    case PG_MAX:
        return (fold){loops[dtype].max, loops[dtype].max_across, dtype};
    case PG_ARGMAX:
        return (fold){loops[dtype].argmax, NULL, PG_INT64};
    default:
        return sum_fold(dtype);
    }
}

/* --- over dense (outer, n, inner), n being reduced ------------------------ */

/* Pieces of a long sum, and stripes of many: what threads take. Fixed, so that
   the order of additions does not depend on the threads. */
enum { PIECE = 65536, STRIPE = 1024 };

/* Each outer position's n dense elements. */
static void reduce_rows(char *out, const char *in, fold f, size_t outer,
                        size_t n, size_t size)
{
    size_t out_size = pg_dtype_size(f.dtype);
#pragma omp parallel for schedule(static) \
    num_threads(pg_threads()) if (outer > 1 && outer * n > PIECE)
    for (size_t i = 0; i < outer; i++)
        f.along(out + i * out_size, in + i * n * size, n);
}

/* The sum of each column of (n,inner), for each outer position: the first row
   is cast into the result, the others are added to it, a stripe of columns at
   a time. */
static void reduce_columns(char *out, const char *in, fold f, size_t outer,
                           size_t n, size_t inner, pg_dtype dtype)
{
    size_t size = pg_dtype_size(dtype), out_size = pg_dtype_size(f.dtype);
    size_t stripes = pg_size_divide_up(inner, STRIPE), jobs = outer * stripes;
#pragma omp parallel for schedule(static) \
    num_threads(pg_threads()) if (jobs > 1 && outer * n * inner > PIECE)
    for (size_t job = 0; job < jobs; job++) {
        size_t column = job % stripes * STRIPE, i = job / stripes;
        size_t count = pg_size_min(STRIPE, inner - column);
        char *o = out + (i * inner + column) * out_size;
        const char *row = in + (i * n * inner + column) * size;
        pg_cast(f.dtype, o, (ptrdiff_t)out_size, dtype, row, (ptrdiff_t)size,
                count);
        for (size_t r = 1; r < n; r++)
            f.across(o, row + r * inner * size, count);
    }
}

/* A long row in pieces, then the pieces' results, which are of the result's
   dtype and folded by its own loop. */
static pg_status reduce_long_row(char *out, const char *in, fold f, fold last,
                                 size_t n, size_t size, pg_error *err)
{
    size_t pieces = pg_size_divide_up(n, PIECE);
    size_t bytes = pieces * pg_dtype_size(f.dtype);
    char *parts = pg_malloc(bytes);
    if (!parts)
        return pg_fail_memory(err, bytes);
#pragma omp parallel for schedule(static) num_threads(pg_threads())
    for (size_t p = 0; p < pieces; p++)
        f.along(parts + p * pg_dtype_size(f.dtype), in + p * PIECE * size,
                pg_size_min(PIECE, n - p * PIECE));
    last.along(out, parts, pieces);
    pg_free(parts, bytes);
    return PG_OK;
}

/* argmax away from the last axis: the axis is brought there. */
static pg_status bring_axis_last(pg_array *out, const pg_array *a, int axis,
                                 pg_error *err)
{
    pg_array view = *a;
    for (int i = axis; i + 1 < a->ndim; i++) {
        view.shape[i] = a->shape[i + 1];
        view.strides[i] = a->strides[i + 1];
    }
    view.shape[a->ndim - 1] = a->shape[axis];
    view.strides[a->ndim - 1] = a->strides[axis];
    return pg_array_copy(out, &view, err);
}

static pg_status fill(const pg_array *out, pg_reduce_op op,
                      const pg_array *dense, size_t outer, size_t n,
                      size_t inner, pg_error *err)
{
    fold f = choose_fold(op, dense->dtype);
    size_t size = pg_dtype_size(dense->dtype);
    if (n == 0)
        memset(out->data, 0, pg_array_bytes(out));
    else if (inner > 1 && f.across)
        reduce_columns(out->data, dense->data, f, outer, n, inner,
                       dense->dtype);
    else if (outer * inner == 1 && n > PIECE && op != PG_ARGMAX)
        return reduce_long_row(out->data, dense->data, f,
                               choose_fold(op, f.dtype), n, size, err);
    else
        reduce_rows(out->data, dense->data, f, outer * inner, n, size);
    return PG_OK;
}

/* --- the public operation ------------------------------------------------- */

/* The lengths before, of and behind the axis. */
static void split_shape(size_t lengths[3], const pg_array *a, int axis)
{
    lengths[0] = lengths[1] = lengths[2] = 1;
    for (int i = 0; i < a->ndim; i++) {
        size_t *length = axis == PG_ALL || i == axis ? &lengths[1]
                         : i < axis                  ? &lengths[0]
                                                     : &lengths[2];
        *length *= a->shape[i];
    }
}

static int reduced_shape(size_t *shape, const pg_array *a, int axis, bool keep)
{
    int ndim = 0;
    for (int i = 0; i < a->ndim; i++) {
        bool reduced = axis == PG_ALL || i == axis;
        if (!reduced || keep)
            shape[ndim++] = reduced ? 1 : a->shape[i];
    }
    return ndim;
}

/* sum, min, max and argmax, in the accumulator's dtype. */
static pg_status reduce_plain(pg_array *out, pg_reduce_op op, const pg_array *a,
                              int axis, bool keep, pg_error *err)
{
    static const char *const names[] = {
        [PG_MIN] = "min", [PG_MAX] = "max", [PG_ARGMAX] = "argmax"};
    size_t lengths[3], shape[PG_MAXDIM];
    int ndim = reduced_shape(shape, a, axis, keep);
    split_shape(lengths, a, axis);
    memset(out, 0, sizeof *out);
    if (lengths[1] == 0 && op != PG_SUM)
        return pg_fail(err, PG_ESHAPE, "%s of no elements", names[op]);
    pg_array dense = {0};
    pg_status status = PG_OK;
    if (op == PG_ARGMAX && axis != PG_ALL && axis + 1 < a->ndim)
        status = bring_axis_last(&dense, a, axis, err);
    else if (pg_array_is_contiguous(a))
        pg_array_view(&dense, a);
    else
        status = pg_array_copy(&dense, a, err);
    if (status == PG_OK)
        status = pg_array_new(out, choose_fold(op, a->dtype).dtype, ndim, shape,
                              err);
    if (status == PG_OK)
        status = fill(out, op, &dense, lengths[0], lengths[1], lengths[2], err);
    if (status != PG_OK)
        pg_array_release(out);
    pg_array_release(&dense);
    return status;
}

/* *out becomes itself in another dtype. */
static pg_status retype(pg_array *out, pg_dtype dtype, pg_error *err)
{
    pg_array old = *out;
    if (old.dtype == dtype)
        return PG_OK;
    pg_status status = pg_array_astype(out, &old, dtype, err);
    pg_array_release(&old);
    return status;
}

/* Sums of floats are kept in float64; this gives them their dtype. */
static pg_dtype mean_dtype(pg_dtype dtype)
{
    return pg_dtype_is_float(dtype) ? dtype : PG_FLOAT64;
}

static pg_status reduce_sum(pg_array *out, const pg_array *a, int axis,
                            bool keep, pg_error *err)
{
    pg_status status = reduce_plain(out, PG_SUM, a, axis, keep, err);
    if (status == PG_OK && pg_dtype_is_float(a->dtype))
        status = retype(out, a->dtype, err);
    return status;
}

/* In float64, 64-bit integers too: their sum could wrap. */
static pg_status sum_as_double(pg_array *out, const pg_array *a, int axis,
                               bool keep, pg_error *err)
{
    pg_array wide;
    memset(out, 0, sizeof *out);
    bool could_wrap = a->dtype == PG_INT64 || a->dtype == PG_UINT64;
    pg_status status = PG_OK;
    if (could_wrap)
        status = pg_array_astype(&wide, a, PG_FLOAT64, err);
    else
        pg_array_view(&wide, a);
    if (status == PG_OK)
        status = reduce_plain(out, PG_SUM, &wide, axis, keep, err);
    if (status == PG_OK)
        status = retype(out, PG_FLOAT64, err);
    pg_array_release(&wide);
    return status;
}

/* In float64. Of no elements: NaN, as 0 / 0. */
static pg_status mean_as_double(pg_array *out, const pg_array *a, int axis,
                                bool keep, pg_error *err)
{
    size_t lengths[3];
    split_shape(lengths, a, axis);
    double n = (double)lengths[1];
    pg_array count;
    pg_array_borrow(&count, &n, PG_FLOAT64, 0, NULL);
    pg_status status = sum_as_double(out, a, axis, keep, err);
    if (status == PG_OK)
        status = pg_binary_into(out, PG_DIVIDE, out, &count, err);
    return status;
}

/* sqrt(mean((a - mean(a))^2)), the mean first, so that nothing cancels. */
static pg_status std_as_double(pg_array *out, const pg_array *a, int axis,
                               bool keep, pg_error *err)
{
    pg_array mean, deviations = {0};
    memset(out, 0, sizeof *out);
    pg_status status = mean_as_double(&mean, a, axis, true, err);
    if (status == PG_OK)
        status = pg_binary(&deviations, PG_SUBTRACT, a, &mean, err);
    if (status == PG_OK)
        status = pg_binary_into(&deviations, PG_MULTIPLY, &deviations,
                                &deviations, err);
    if (status == PG_OK)
        status = mean_as_double(out, &deviations, axis, keep, err);
    if (status == PG_OK)
        status = pg_unary_into(out, PG_SQRT, out, err);
    pg_array_release(&mean);
    pg_array_release(&deviations);
    return status;
}

pg_status pg_reduce(pg_array *out, pg_reduce_op op, const pg_array *a, int axis,
                    bool keep, pg_error *err)
{
    pg_status status;
    switch (op) {
    case PG_SUM:
        return reduce_sum(out, a, axis, keep, err);
    case PG_MEAN:
        status = mean_as_double(out, a, axis, keep, err);
        break;
    case PG_STD:
        status = std_as_double(out, a, axis, keep, err);
        break;
    default:
        return reduce_plain(out, op, a, axis, keep, err);
    }
    if (status == PG_OK)
        status = retype(out, mean_dtype(a->dtype), err);
    return status;
}
