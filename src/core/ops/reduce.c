#include "ops/reduce.h"

#include <string.h>

#include "array/copy.h"
#include "array/cast.h"
#include "ops/create.h"
#include "kernels/reduction.h"
#include "base/interrupt.h"
#include "ops/map.h"
#include "array/scalar.h"
#include "base/memory.h"
#include "base/parallel.h"

/* --- which loop, and the dtype of what it gives -----------------------------
 */

typedef struct fold {
    pg_reduction_along along;
    pg_reduction_across across; /* NULL: only along */
    pg_dtype dtype;             /* of the result */
} fold;

static pg_dtype sum_dtype(pg_dtype dtype)
{
    if (pg_dtype_is_float(dtype))
        return PG_FLOAT64;
    return pg_dtype_kind(dtype) == 'u' ? PG_UINT64 : PG_INT64;
}

static fold choose_fold(pg_reduce_op op, pg_dtype dtype)
{
    const pg_reduction *loops = &pg_reduction_kernels()->of[op][dtype];
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

/* What is reduced: out (outer, inner) from in (outer, n, inner), both dense. */
typedef struct reduction {
    char *out;
    const char *in;
    fold fold;
    pg_dtype dtype; /* of in */
    size_t outer, n, inner;
} reduction;

static bool is_large(const reduction *r)
{
    return r->outer * r->n * r->inner > PIECE;
}

static void reduce_row(void *context, size_t row)
{
    const reduction *r = context;
    r->fold.along(r->out + row * pg_dtype_size(r->fold.dtype),
                  r->in + row * r->n * pg_dtype_size(r->dtype), r->n);
}

/* A stripe of columns of one outer position: the first row is cast into the
   result, the others are added to it. */
static void reduce_stripe(void *context, size_t job)
{
    const reduction *r = context;
    size_t size = pg_dtype_size(r->dtype);
    size_t out_size = pg_dtype_size(r->fold.dtype);
    size_t stripes = pg_size_divide_up(r->inner, STRIPE);
    size_t column = job % stripes * STRIPE, i = job / stripes;
    size_t count = pg_size_min(STRIPE, r->inner - column);
    char *o = r->out + (i * r->inner + column) * out_size;
    const char *row = r->in + (i * r->n * r->inner + column) * size;
    pg_cast(r->fold.dtype, o, (ptrdiff_t)out_size, r->dtype, row,
            (ptrdiff_t)size, count);
    PG_EACH_WIDE (count, k, r->n - 1)
        r->fold.across(o, row + (k + 1) * r->inner * size, count);
}

/* Piece p of one long row; out has a place for each. */
static void reduce_piece(void *context, size_t p)
{
    const reduction *r = context;
    r->fold.along(r->out + p * pg_dtype_size(r->fold.dtype),
                  r->in + p * PIECE * pg_dtype_size(r->dtype),
                  pg_size_min(PIECE, r->n - p * PIECE));
}

/* The pieces' results are folded by their own dtype's loop. */
static pg_status reduce_long_row(const reduction *r, pg_reduce_op op,
                                 pg_error *err)
{
    size_t pieces = pg_size_divide_up(r->n, PIECE);
    size_t bytes = pieces * pg_dtype_size(r->fold.dtype);
    reduction parts = *r;
    parts.out = pg_malloc(bytes);
    if (!parts.out)
        return pg_fail_memory(err, bytes);
    pg_parallel_for(pieces, true, reduce_piece, &parts);
    pg_status status = pg_check_interrupt(err);
    if (status == PG_OK)
        choose_fold(op, r->fold.dtype).along(r->out, parts.out, pieces);
    pg_free(parts.out, bytes);
    return status;
}

/* Positions within the pieces of a long row; then the one of them whose element
   is the extreme of all pieces'. */
static pg_status find_in_long_row(const reduction *r, pg_error *err)
{
    size_t size = pg_dtype_size(r->dtype);
    size_t pieces = pg_size_divide_up(r->n, PIECE);
    size_t bytes = pieces * (sizeof(int64_t) + size);
    int64_t piece, *at = pg_malloc(bytes);
    if (!at)
        return pg_fail_memory(err, bytes);
    reduction parts = *r;
    parts.out = (char *)at;
    pg_parallel_for(pieces, true, reduce_piece, &parts);
    pg_status status = pg_check_interrupt(err);
    char *values = (char *)(at + pieces);
    for (size_t p = 0; status == PG_OK && p < pieces; p++) {
        at[p] += (int64_t)(p * PIECE);
        memcpy(values + p * size, r->in + (size_t)(at[p] - 1) * size, size);
    }
    if (status == PG_OK) {
        r->fold.along(&piece, values, pieces);
        memcpy(r->out, &at[piece - 1], sizeof *at);
    }
    pg_free(at, bytes);
    return status;
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

static pg_status fill(const pg_array *out, pg_reduce_op op,
                      const pg_array *dense, const size_t lengths[3],
                      pg_error *err)
{
    reduction r = {out->data,    dense->data, choose_fold(op, dense->dtype),
                   dense->dtype, lengths[0],  lengths[1],
                   lengths[2]};
    size_t rows = r.outer * r.inner;
    if (r.n == 0)
        memset(out->data, 0, pg_array_bytes(out));
    else if (r.inner > 1 && r.fold.across)
        pg_parallel_for(r.outer * pg_size_divide_up(r.inner, STRIPE),
                        is_large(&r), reduce_stripe, &r);
    else if (rows != 1 || r.n <= PIECE)
        pg_parallel_for(rows, is_large(&r), reduce_row, &r);
    else if (r.fold.across)
        return reduce_long_row(&r, op, err);
    else
        return find_in_long_row(&r, err);
    return pg_check_interrupt(err);
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
        status = fill(out, op, &dense, lengths, err);
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
    if (lengths[1] == 0)
        return pg_full(out, PG_BOOL, ndim, shape, of_none, err);
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
    memset(out, 0, sizeof *out);
    pg_status status = axis == PG_ALL ? PG_OK : pg_axis_check(a, axis, err);
    if (status != PG_OK)
        return status;
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
