/* Operations along an axis: sums, means, extremes, cumulative sums, softmax. */

#include "ops/reduce.h"

#include <string.h>

#include "array/cast.h"
#include "array/copy.h"
#include "array/create.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/reduction.h"
#include "ops/map.h"

/* --- kernels -------------------------------------------------------------- */

typedef struct kernel {
    pg_reduction_along along;
    pg_reduction_across across; /* NULL: only along */
    pg_dtype dtype;             /* of the result */
} kernel;

static pg_dtype sum_dtype(pg_dtype dtype)
{
    if (pg_dtype_is_float(dtype))
        return PG_FLOAT64;
    return pg_dtype_kind(dtype) == 'u' ? PG_UINT64 : PG_INT64;
}

static kernel choose_kernel(pg_reduce_op op, pg_dtype dtype)
{
    const pg_reduction *loops = &pg_reduction_kernels()->of[op][dtype];
    bool gives_position = op == PG_ARGMIN || op == PG_ARGMAX;
    return (kernel){loops->along, loops->across,
                    gives_position ? PG_INT64
                    : op == PG_SUM ? sum_dtype(dtype)
                                   : dtype};
}

/* --- dense arrays --------------------------------------------------------- */

/* Threads take pieces of a long row, or stripes of many columns. Both lengths
   are fixed, so that the order of additions does not depend on the threads. */
enum { PIECE = 65536, STRIPE = 1024 };

/* The reduction of in (outer, n, inner) to out (outer, inner), both dense. */
typedef struct reduction {
    char *out;
    const char *in;
    kernel kernel;
    pg_dtype dtype; /* of in */
    size_t outer, n, inner;
} reduction;

/* pg_job: row `row`, for inner == 1. */
static void reduce_row(void *context, size_t row)
{
    const reduction *r = context;
    r->kernel.along(r->out + row * pg_dtype_size(r->kernel.dtype),
                    r->in + row * r->n * pg_dtype_size(r->dtype), r->n);
}

/* pg_job: a stripe of the columns of one outer index. Its first row is cast
   into the result, the others are added to it. */
static void reduce_stripe(void *context, size_t job)
{
    const reduction *r = context;
    size_t size = pg_dtype_size(r->dtype);
    size_t out_size = pg_dtype_size(r->kernel.dtype);
    size_t stripes = pg_size_divide_up(r->inner, STRIPE);
    size_t column = job % stripes * STRIPE, i = job / stripes;
    size_t count = pg_size_min(STRIPE, r->inner - column);
    char *o = r->out + (i * r->inner + column) * out_size;
    const char *row = r->in + (i * r->n * r->inner + column) * size;
    pg_cast(r->kernel.dtype, o, (ptrdiff_t)out_size, r->dtype, row,
            (ptrdiff_t)size, count);
    PG_EACH_WIDE (count, k, r->n - 1)
        r->kernel.across(o, row + (k + 1) * r->inner * size, count);
}

/* pg_job: piece p of one long row, to element p of out. */
static void reduce_piece(void *context, size_t p)
{
    const reduction *r = context;
    r->kernel.along(r->out + p * pg_dtype_size(r->kernel.dtype),
                    r->in + p * PIECE * pg_dtype_size(r->dtype),
                    pg_size_min(PIECE, r->n - p * PIECE));
}

/* Reduces the pieces, and then their results, whose dtype has a kernel of its
   own. */
static pg_status reduce_long_row(const reduction *r, pg_reduce_op op,
                                 pg_error *err)
{
    size_t pieces = pg_size_divide_up(r->n, PIECE);
    size_t bytes = pieces * pg_dtype_size(r->kernel.dtype);
    reduction parts = *r;
    parts.out = pg_malloc(bytes);
    if (!parts.out)
        return pg_fail_memory(err, bytes);
    pg_parallel_for(pieces, true, reduce_piece, &parts);
    pg_status status = pg_check_interrupt(err);
    if (status == PG_OK)
        choose_kernel(op, r->kernel.dtype).along(r->out, parts.out, pieces);
    pg_free(parts.out, bytes);
    return status;
}

/* Finds the position of the extreme within each piece, and then the piece with
   the extreme of all. */
static pg_status find_in_long_row(const reduction *r, pg_error *err)
{
    size_t size = pg_dtype_size(r->dtype);
    size_t pieces = pg_size_divide_up(r->n, PIECE);
    size_t bytes = pieces * (sizeof(int64_t) + size);
    int64_t piece, *positions = pg_malloc(bytes);
    if (!positions)
        return pg_fail_memory(err, bytes);
    reduction parts = *r;
    parts.out = (char *)positions;
    pg_parallel_for(pieces, true, reduce_piece, &parts);
    pg_status status = pg_check_interrupt(err);
    char *values = (char *)(positions + pieces);
    for (size_t p = 0; status == PG_OK && p < pieces; p++) {
        positions[p] += (int64_t)(p * PIECE);
        memcpy(values + p * size, r->in + (size_t)(positions[p] - 1) * size,
               size);
    }
    if (status == PG_OK) {
        r->kernel.along(&piece, values, pieces);
        memcpy(r->out, &positions[piece - 1], sizeof *positions);
    }
    pg_free(positions, bytes);
    return status;
}

static pg_status reduce_dense(reduction *r, pg_reduce_op op, pg_error *err)
{
    bool large = r->outer * r->n * r->inner > PIECE;
    size_t rows = r->outer * r->inner;
    pg_assert(r->n > 0 && (r->inner == 1 || r->kernel.across));
    if (r->inner > 1)
        pg_parallel_for(r->outer * pg_size_divide_up(r->inner, STRIPE), large,
                        reduce_stripe, r);
    else if (rows != 1 || r->n <= PIECE)
        pg_parallel_for(rows, large, reduce_row, r);
    else if (r->kernel.across)
        return reduce_long_row(r, op, err);
    else
        return find_in_long_row(r, err);
    return pg_check_interrupt(err);
}

/* --- one kernel over any array -------------------------------------------- */

/* The lengths before, of and behind the axis; PG_ALL: of the whole. */
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

/* The shape of the result; returns its rank. */
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

/* A sum, an extreme or its position, in its kernel's dtype. */
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
    if (lengths[1] == 0)
        return pg_array_zeros(out, sum_dtype(a->dtype), ndim, shape, err);
    kernel k = choose_kernel(op, a->dtype);
    pg_array view, dense = {0};
    if (!k.across && axis != PG_ALL && lengths[2] > 1) {
        pg_move_axis_view(&view, a, axis, a->ndim - 1);
        lengths[0] *= lengths[2];
        lengths[2] = 1;
    } else {
        pg_array_view(&view, a);
    }
    pg_status status = pg_array_dense(&dense, &view, err);
    if (status == PG_OK)
        status = pg_array_new(out, k.dtype, ndim, shape, err);
    if (status == PG_OK && pg_array_size(out) > 0)
        status = reduce_dense(&(reduction){out->data, dense.data, k, a->dtype,
                                           lengths[0], lengths[1], lengths[2]},
                              op, err);
    if (status != PG_OK)
        pg_array_release(out);
    pg_array_release(&view);
    pg_array_release(&dense);
    return status;
}

/* --- reductions composed of others ---------------------------------------- */

/* Converts *out to dtype. */
static pg_status retype(pg_array *out, pg_dtype dtype, pg_error *err)
{
    pg_array old = *out;
    if (old.dtype == dtype)
        return PG_OK;
    pg_status status = pg_array_astype(out, &old, dtype, err);
    pg_array_release(&old);
    return status;
}

/* The mean in float64; NaN of no elements, as 0 / 0. 64-bit integers are summed
   in float64, as their sum could wrap. */
static pg_status mean_as_double(pg_array *out, const pg_array *a, int axis,
                                bool keep, pg_error *err)
{
    bool could_wrap = a->dtype == PG_INT64 || a->dtype == PG_UINT64;
    size_t lengths[3];
    split_shape(lengths, a, axis);
    double n = (double)lengths[1];
    pg_array count, summed;
    pg_array_borrow(&count, &n, PG_FLOAT64, 0, NULL);
    memset(out, 0, sizeof *out);
    pg_status status = PG_OK;
    if (could_wrap)
        status = pg_array_astype(&summed, a, PG_FLOAT64, err);
    else
        pg_array_view(&summed, a);
    if (status == PG_OK)
        status = reduce_plain(out, PG_SUM, &summed, axis, keep, err);
    if (status == PG_OK)
        status = retype(out, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_binary_into(out, PG_DIVIDE, out, &count, err);
    pg_array_release(&summed);
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

static pg_status norm_as_double(pg_array *out, const pg_array *a, int axis,
                                bool keep, pg_error *err)
{
    pg_array squares;
    pg_status status = pg_array_astype(&squares, a, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_binary_into(&squares, PG_MULTIPLY, &squares, &squares, err);
    if (status == PG_OK)
        status = reduce_plain(out, PG_SUM, &squares, axis, keep, err);
    if (status == PG_OK)
        status = pg_unary_into(out, PG_SQRT, out, err);
    pg_array_release(&squares);
    return status;
}

/* PG_ANY is the greatest of the elements as bools, and false of none;
   PG_ALL_TRUE is the least, and true of none. */
static pg_status reduce_bools(pg_array *out, pg_reduce_op op, const pg_array *a,
                              int axis, bool keep, pg_error *err)
{
    pg_array bools;
    size_t lengths[3], shape[PG_MAXDIM];
    pg_scalar of_none = {.kind = 'b', .as.b = op == PG_ALL_TRUE};
    int ndim = reduced_shape(shape, a, axis, keep);
    split_shape(lengths, a, axis);
    if (lengths[1] == 0)
        return pg_full(out, PG_BOOL, ndim, shape, of_none, err);
    pg_status status = pg_array_astype(&bools, a, PG_BOOL, err);
    if (status == PG_OK)
        status = reduce_plain(out, op == PG_ANY ? PG_MAX : PG_MIN, &bools, axis,
                              keep, err);
    pg_array_release(&bools);
    return status;
}

pg_status pg_reduce(pg_array *out, pg_reduce_op op, const pg_array *a, int axis,
                    bool keep, pg_error *err)
{
    pg_assert(op < PG_REDUCE_COUNT);
    memset(out, 0, sizeof *out);
    pg_status status = axis == PG_ALL ? PG_OK : pg_axis_check(a, axis, err);
    if (status != PG_OK)
        return status;
    switch (op) {
    case PG_SUM:
        status = reduce_plain(out, op, a, axis, keep, err);
        break;
    case PG_MEAN:
        status = mean_as_double(out, a, axis, keep, err);
        break;
    case PG_VAR:
        status = var_as_double(out, a, axis, keep, err);
        break;
    case PG_STD:
        status = var_as_double(out, a, axis, keep, err);
        if (status == PG_OK)
            status = pg_unary_into(out, PG_SQRT, out, err);
        break;
    case PG_NORM:
        status = norm_as_double(out, a, axis, keep, err);
        break;
    case PG_ANY:
    case PG_ALL_TRUE:
        return reduce_bools(out, op, a, axis, keep, err);
    default:
        return reduce_plain(out, op, a, axis, keep, err);
    }
    if (status == PG_OK && pg_dtype_is_float(a->dtype))
        status = retype(out, a->dtype, err);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}

/* --- cumulative sums and softmax ------------------------------------------ */

/* Adds to each row but the first of x (outer, n, inner) the one before it. */
#define CUMSUM(NAME, T)                                               \
    static void cumsum_##NAME(void *elements, size_t outer, size_t n, \
                              size_t inner)                           \
    {                                                                 \
        size_t size = n * inner;                                      \
        PG_EACH_WIDE (size, o, outer) {                               \
            T *x = (T *)elements + o * size;                          \
            PG_EACH_WIDE (inner, r, n - 1) {                          \
                for (size_t i = 0; i < inner; i++)                    \
                    x[inner + i] += x[i];                             \
                x += inner;                                           \
            }                                                         \
        }                                                             \
    }
CUMSUM(FLOAT64, double)
CUMSUM(INTEGER, uint64_t) /* signed ones wrap the same way */

pg_status pg_cumsum(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    size_t lengths[3];
    memset(out, 0, sizeof *out);
    pg_status status = pg_axis_check(a, axis, err);
    if (status != PG_OK)
        return status;
    split_shape(lengths, a, axis);
    status = pg_array_astype(out, a, sum_dtype(a->dtype), err);
    if (status == PG_OK && pg_array_size(out) > 0)
        (out->dtype == PG_FLOAT64 ? cumsum_FLOAT64 : cumsum_INTEGER)(
            out->data, lengths[0], lengths[1], lengths[2]);
    status = pg_array_end(out, status, err);
    if (status == PG_OK && pg_dtype_is_float(a->dtype))
        status = retype(out, a->dtype, err);
    return status;
}

pg_status pg_softmax(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    pg_array max = {0}, sum = {0};
    pg_dtype dtype = pg_dtype_is_float(a->dtype) ? a->dtype : PG_FLOAT64;
    memset(out, 0, sizeof *out);
    pg_status status = axis == PG_ALL ? PG_OK : pg_axis_check(a, axis, err);
    if (status == PG_OK)
        status = pg_array_astype(out, a, dtype, err);
    if (status == PG_OK && pg_array_size(a) == 0)
        return PG_OK;
    if (status == PG_OK)
        status = pg_reduce(&max, PG_MAX, out, axis, true, err);
    if (status == PG_OK)
        status = pg_binary_into(out, PG_SUBTRACT, out, &max, err);
    if (status == PG_OK)
        status = pg_unary_into(out, PG_EXP, out, err);
    if (status == PG_OK)
        status = pg_reduce(&sum, PG_SUM, out, axis, true, err);
    if (status == PG_OK)
        status = pg_binary_into(out, PG_DIVIDE, out, &sum, err);
    if (status != PG_OK)
        pg_array_release(out);
    pg_array_release(&max);
    pg_array_release(&sum);
    return status;
}
