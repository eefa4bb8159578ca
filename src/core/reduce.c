#include "reduce.h"

#include <string.h>

#include "cast.h"
#include "create.h"
#include "folds.h"
#include "map.h"
#include "scalar.h"
#include "runtime.h"
#include "views.h"

/* --- which loop, and the dtype of what it gives -----------------------------
 */

typedef struct fold {
    pg_fold_along along;
    pg_fold_across across; /* NULL: only along */
    pg_dtype dtype;        /* of the result */
} fold;

static pg_dtype sum_dtype(pg_dtype dtype)
{
    if (pg_dtype_is_float(dtype))
        return PG_FLOAT64;
    return pg_dtype_kind(dtype) == 'u' ? PG_UINT64 : PG_INT64;
}

static fold choose_fold(pg_reduce_op op, pg_dtype dtype)
{
    const pg_fold *loops = &pg_folds()->of[op][dtype];
    bool gives_position = op == PG_ARGMIN || op == PG_ARGMAX;
    return (fold){loops->along, loops->across,
                  gives_position ? PG_INT64
                  : op == PG_SUM ? sum_dtype(dtype)
                                 : dtype};
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

/* A position along another axis than the last: the axis is brought there. */
static pg_status bring_axis_last(pg_array *out, const pg_array *a, int axis,
                                 pg_error *err)
{
    pg_array view;
    pg_move_axis_view(&view, a, axis, a->ndim - 1);
    pg_status status = pg_array_copy(out, &view, err);
    pg_array_release(&view);
    return status;
}

/* Positions within the pieces of a long row; then the one of them whose element
   is the extreme of all pieces'. */
static pg_status find_in_long_row(int64_t *position, const char *in, fold f,
                                  size_t n, pg_dtype dtype, pg_error *err)
{
    size_t size = pg_dtype_size(dtype), pieces = pg_size_divide_up(n, PIECE);
    size_t bytes = pieces * (sizeof(int64_t) + size);
    int64_t *at = pg_malloc(bytes);
    if (!at)
        return pg_fail_memory(err, bytes);
    char *values = (char *)(at + pieces);
#pragma omp parallel for schedule(static) num_threads(pg_threads())
    for (size_t p = 0; p < pieces; p++) {
        f.along(&at[p], in + p * PIECE * size,
                pg_size_min(PIECE, n - p * PIECE));
        at[p] += (int64_t)(p * PIECE);
        memcpy(values + p * size, in + (size_t)(at[p] - 1) * size, size);
    }
    int64_t piece;
    f.along(&piece, values, pieces);
    *position = at[piece - 1];
    pg_free(at, bytes);
    return PG_OK;
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
    else if (outer * inner == 1 && n > PIECE && !f.across)
        return find_in_long_row(out->data, dense->data, f, n, dense->dtype,
                                err);
    else if (outer * inner == 1 && n > PIECE)
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

/* What there is a fold for, in its dtype. */
static pg_status reduce_plain(pg_array *out, pg_reduce_op op, const pg_array *a,
                              int axis, bool keep, pg_error *err)
{
    static const char *const names[] = {
        [PG_MIN] = "min",
        [PG_MAX] = "max",
        [PG_ARGMIN] = "argmin",
        [PG_ARGMAX] = "argmax",
    };
    size_t lengths[3], shape[PG_MAXDIM];
    int ndim = reduced_shape(shape, a, axis, keep);
    split_shape(lengths, a, axis);
    memset(out, 0, sizeof *out);
    if (lengths[1] == 0 && op != PG_SUM)
        return pg_fail(err, PG_ESHAPE, "%s of no elements", names[op]);
    pg_array dense = {0};
    pg_status status = PG_OK;
    fold f = choose_fold(op, a->dtype);
    if (!f.across && axis != PG_ALL && axis + 1 < a->ndim)
        status = bring_axis_last(&dense, a, axis, err);
    else if (pg_array_is_contiguous(a))
        pg_array_view(&dense, a);
    else
        status = pg_array_copy(&dense, a, err);
    if (status == PG_OK)
        status = pg_array_new(out, f.dtype, ndim, shape, err);
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

/* mean((a - mean(a))^2), the mean first, so that nothing cancels. */
static pg_status var_as_double(pg_array *out, const pg_array *a, int axis,
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
    pg_array_release(&mean);
    pg_array_release(&deviations);
    return status;
}

static pg_status squares_as_double(pg_array *out, const pg_array *a, int axis,
                                   bool keep, pg_error *err)
{
    pg_array squares;
    pg_status status = pg_array_astype(&squares, a, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_binary_into(&squares, PG_MULTIPLY, &squares, &squares, err);
    if (status == PG_OK)
        status = reduce_plain(out, PG_SUM, &squares, axis, keep, err);
    pg_array_release(&squares);
    return status;
}

static pg_status take_root(pg_array *out, pg_status status, pg_error *err)
{
    return status == PG_OK ? pg_unary_into(out, PG_SQRT, out, err) : status;
}

/* Of bools: any is the greatest, and false of none; all the least, and true of
   none. */
static pg_status reduce_truth(pg_array *out, pg_reduce_op op, const pg_array *a,
                              int axis, bool keep, pg_error *err)
{
    pg_array truth;
    size_t lengths[3], shape[PG_MAXDIM];
    pg_scalar of_none = {.kind = 'b', .as.b = op == PG_ALL_TRUE};
    int ndim = reduced_shape(shape, a, axis, keep);
    split_shape(lengths, a, axis);
    if (lengths[1] == 0) {
        pg_status status = pg_array_new(out, PG_BOOL, ndim, shape, err);
        return status == PG_OK ? pg_array_fill(out, of_none, err) : status;
    }
    pg_status status = pg_array_astype(&truth, a, PG_BOOL, err);
    if (status == PG_OK)
        status = reduce_plain(out, op == PG_ANY ? PG_MAX : PG_MIN, &truth, axis,
                              keep, err);
    pg_array_release(&truth);
    return status;
}

pg_status pg_reduce(pg_array *out, pg_reduce_op op, const pg_array *a, int axis,
                    bool keep, pg_error *err)
{
    pg_status status;
    memset(out, 0, sizeof *out);
    switch (op) {
    case PG_SUM:
        return reduce_sum(out, a, axis, keep, err);
    case PG_ANY:
    case PG_ALL_TRUE:
        return reduce_truth(out, op, a, axis, keep, err);
    case PG_MEAN:
        status = mean_as_double(out, a, axis, keep, err);
        break;
    case PG_VAR:
        status = var_as_double(out, a, axis, keep, err);
        break;
    case PG_STD:
        status = var_as_double(out, a, axis, keep, err);
        status = take_root(out, status, err);
        break;
    case PG_NORM:
        status = squares_as_double(out, a, axis, keep, err);
        status = take_root(out, status, err);
        break;
    default:
        return reduce_plain(out, op, a, axis, keep, err);
    }
    if (status == PG_OK)
        status = retype(out, mean_dtype(a->dtype), err);
    return status;
}
