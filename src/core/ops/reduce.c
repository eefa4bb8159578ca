/* Reductions over axes: sums, means, extremes, counts. */

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
    bool begins_at_0; /* across: the first row is added, too, and not cast */
} kernel;

pg_dtype pg_sum_dtype(pg_dtype dtype)
{
    if (pg_dtype_is_float(dtype))
        return PG_FLOAT64;
    return pg_dtype_kind(dtype) == 'u' ? PG_UINT64 : PG_INT64;
}

static kernel choose_kernel(pg_reduce_op op, pg_dtype dtype)
{
    const pg_reduction *loops = &pg_reduction_kernels()->of[op][dtype];
    kernel k = {loops->along, loops->across, dtype, false};
    if (op == PG_SUM || op == PG_PROD || op == PG_NANSUM)
        k.dtype = pg_sum_dtype(dtype);
    else if (op != PG_MIN && op != PG_MAX)
        k.dtype = PG_INT64;
    k.begins_at_0 = op == PG_NANSUM || op == PG_COUNT_NONZERO;
    return k;
}

/* The operation that reduces partial results of this one. */
static pg_reduce_op of_results(pg_reduce_op op)
{
    return op == PG_NANSUM || op == PG_COUNT_NONZERO ? PG_SUM : op;
}

/* --- dense arrays --------------------------------------------------------- */

/* Threads take pieces of a long row, or stripes of many columns. Both lengths
   are fixed, so that the order of additions does not depend on the threads. */
enum { PIECE = 65536, STRIPE = 1024, GROUP = 16384 };

/* The reduction of in (outer, n, inner) to out (outer, inner), both dense. */
typedef struct reduction {
    char *out;
    const char *in;
    kernel kernel;
    pg_dtype dtype; /* of in */
    size_t outer, n, inner;
} reduction;

/* The number of rows that a job takes: a group has at least GROUP elements, so
   that it is worth a job. */
static size_t rows_of_group(const reduction *r)
{
    return pg_size_divide_up(GROUP, r->n);
}

/* pg_job: a group of rows, for inner == 1. */
static void reduce_rows(void *context, size_t job)
{
    const reduction *r = context;
    size_t size = pg_dtype_size(r->dtype);
    size_t out_size = pg_dtype_size(r->kernel.dtype);
    size_t count = rows_of_group(r), first = job * count;
    count = pg_size_min(count, r->outer - first);
    for (size_t row = first; row < first + count; row++)
        r->kernel.along(r->out + row * out_size, r->in + row * r->n * size,
                        r->n);
}

/* pg_job: a stripe of the columns of one outer index. Its first row is cast
   into the result, or zeros are; the other rows are added to it. */
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
    size_t first = r->kernel.begins_at_0 ? 0 : 1;
    if (first == 0)
        memset(o, 0, count * out_size);
    else
        pg_cast(r->kernel.dtype, o, (ptrdiff_t)out_size, r->dtype, row,
                (ptrdiff_t)size, count);
    PG_EACH_WIDE (count, k, r->n - first)
        r->kernel.across(o, row + (k + first) * r->inner * size, count);
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
        choose_kernel(of_results(op), r->kernel.dtype)
            .along(r->out, parts.out, pieces);
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
    pg_assert(r->n > 0 && (r->inner == 1 || r->kernel.across));
    if (r->inner > 1)
        pg_parallel_for(r->outer * pg_size_divide_up(r->inner, STRIPE), large,
                        reduce_stripe, r);
    else if (r->outer > 1 || r->n <= PIECE)
        pg_parallel_for(pg_size_divide_up(r->outer, rows_of_group(r)), large,
                        reduce_rows, r);
    else if (r->kernel.across)
        return reduce_long_row(r, op, err);
    else
        return find_in_long_row(r, err);
    return pg_check_interrupt(err);
}

/* --- one kernel over any array -------------------------------------------- */

static bool is_reduced(unsigned axes, int axis)
{
    return (axes & PG_AXIS(axis)) != 0;
}

void pg_axes_lengths(size_t lengths[3], const pg_array *a, int first, int end)
{
    lengths[0] = lengths[1] = lengths[2] = 1;
    for (int i = 0; i < a->ndim; i++)
        lengths[(i >= first) + (i >= end)] *= a->shape[i];
}

/* The number of elements of each result. */
static size_t count_reduced(const pg_array *a, unsigned axes)
{
    size_t size = 1;
    for (int i = 0; i < a->ndim; i++)
        size *= is_reduced(axes, i) ? a->shape[i] : 1;
    return size;
}

int pg_reduced_shape(size_t *shape, const pg_array *a, unsigned axes, bool keep)
{
    int ndim = 0;
    pg_assert(axes == PG_ALL || axes < PG_AXIS(a->ndim));
    for (int i = 0; i < a->ndim; i++)
        if (!is_reduced(axes, i) || keep)
            shape[ndim++] = is_reduced(axes, i) ? 1 : a->shape[i];
    return ndim;
}

/* Reduces neighbouring axes, first to end - 1, each of length 1 in *out. */
static pg_status reduce_neighbours(pg_array *out, pg_reduce_op op,
                                   const pg_array *a, int first, int end,
                                   pg_error *err)
{
    size_t lengths[3], shape[PG_MAXDIM];
    kernel k = choose_kernel(op, a->dtype);
    pg_array view, dense = {0};
    pg_axes_lengths(lengths, a, first, end);
    for (int i = 0; i < a->ndim; i++)
        shape[i] = i >= first && i < end ? 1 : a->shape[i];
    memset(out, 0, sizeof *out);
    if (!k.across && lengths[2] > 1) { /* one axis, or all */
        pg_move_axis_view(&view, a, first, a->ndim - 1);
        lengths[0] *= lengths[2];
        lengths[2] = 1;
    } else {
        pg_array_view(&view, a);
    }
    pg_status status = pg_array_dense(&dense, &view, err);
    if (status == PG_OK)
        status = pg_array_new(out, k.dtype, a->ndim, shape, err);
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

/* The result of no elements: 0, or 1 of a product. */
static pg_status reduce_none(pg_array *out, pg_reduce_op op, pg_dtype dtype,
                             int ndim, const size_t *shape, pg_error *err)
{
    static const char *const refused[PG_REDUCE_COUNT] = {
        [PG_MIN] = "min",
        [PG_MAX] = "max",
        [PG_ARGMIN] = "argmin",
        [PG_ARGMAX] = "argmax",
    };
    if (refused[op])
        return pg_fail(err, PG_ESHAPE, "%s of no elements", refused[op]);
    pg_scalar one = {.kind = 'i', .as.i = op == PG_PROD};
    return pg_full(out, choose_kernel(op, dtype).dtype, ndim, shape, one, err);
}

/* An operation that has kernels, in its kernel's dtype. Axes that are no
   neighbours are reduced one group after the other, from the last. */
static pg_status reduce_plain(pg_array *out, pg_reduce_op op, const pg_array *a,
                              unsigned axes, bool keep, pg_error *err)
{
    size_t shape[PG_MAXDIM];
    int ndim = pg_reduced_shape(shape, a, axes, keep);
    memset(out, 0, sizeof *out);
    if (count_reduced(a, axes) == 0)
        return reduce_none(out, op, a->dtype, ndim, shape, err);
    pg_array reduced = {0}, before = {0};
    const pg_array *in = a;
    pg_status status = PG_OK;
    int first = a->ndim;
    do {
        int end = first;
        while (end > 0 && !is_reduced(axes, end - 1))
            end--;
        for (first = end; first > 0 && is_reduced(axes, first - 1);)
            first--;
        if (first == end && in == &before)
            break; /* none is left */
        status = reduce_neighbours(&reduced, op, in, first, end, err);
        pg_array_release(&before);
        before = reduced;
        in = &before;
        op = of_results(op);
    } while (status == PG_OK && first > 0);
    if (status == PG_OK) {
        pg_array_borrow(out, reduced.data, reduced.dtype, ndim, shape);
        out->storage = reduced.storage;
        out->is_placed = reduced.is_placed;
    }
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

/* The sum in float64. 64-bit integers are summed in float64, as their sum could
   wrap. */
static pg_status sum_as_double(pg_array *out, pg_reduce_op op,
                               const pg_array *a, unsigned axes, bool keep,
                               pg_error *err)
{
    bool could_wrap = a->dtype == PG_INT64 || a->dtype == PG_UINT64;
    pg_array summed;
    memset(out, 0, sizeof *out);
    pg_status status = PG_OK;
    if (could_wrap)
        status = pg_array_astype(&summed, a, PG_FLOAT64, err);
    else
        pg_array_view(&summed, a);
    if (status == PG_OK)
        status = reduce_plain(out, op, &summed, axes, keep, err);
    if (status == PG_OK)
        status = retype(out, PG_FLOAT64, err);
    pg_array_release(&summed);
    return status;
}

/* The mean in float64; NaN of no elements, as 0 / 0. */
static pg_status mean_as_double(pg_array *out, const pg_array *a, unsigned axes,
                                bool keep, pg_error *err)
{
    pg_status status = sum_as_double(out, PG_SUM, a, axes, keep, err);
    if (status == PG_OK)
        status = pg_divide_by(out, (double)count_reduced(a, axes), err);
    return status;
}

/* sum((a - mean(a))^2) / (n - ddof), the mean first, so that nothing
   cancels. */
static pg_status var_as_double(pg_array *out, const pg_array *a, unsigned axes,
                               bool keep, double ddof, pg_error *err)
{
    pg_array mean, deviations = {0};
    memset(out, 0, sizeof *out);
    pg_status status = mean_as_double(&mean, a, axes, true, err);
    if (status == PG_OK)
        status = pg_binary(&deviations, PG_SUBTRACT, a, &mean, err);
    if (status == PG_OK)
        status = pg_binary_into(&deviations, PG_MULTIPLY, &deviations,
                                &deviations, err);
    if (status == PG_OK)
        status = sum_as_double(out, PG_SUM, &deviations, axes, keep, err);
    double n = (double)count_reduced(a, axes);
    if (status == PG_OK)
        status = pg_divide_by(out, n > ddof ? n - ddof : 0, err);
    pg_array_release(&mean);
    pg_array_release(&deviations);
    return status;
}

static pg_status norm_as_double(pg_array *out, const pg_array *a, unsigned axes,
                                bool keep, pg_error *err)
{
    pg_array squares;
    pg_status status = pg_array_astype(&squares, a, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_binary_into(&squares, PG_MULTIPLY, &squares, &squares, err);
    if (status == PG_OK)
        status = reduce_plain(out, PG_SUM, &squares, axes, keep, err);
    if (status == PG_OK)
        status = pg_unary_into(out, PG_SQRT, out, err);
    pg_array_release(&squares);
    return status;
}

/* The sum of what isn't NaN by its count; NaN where all are. */
static pg_status nanmean_as_double(pg_array *out, const pg_array *a,
                                   unsigned axes, bool keep, pg_error *err)
{
    if (!pg_dtype_is_float(a->dtype))
        return mean_as_double(out, a, axes, keep, err);
    pg_array is_number, count = {0};
    pg_status status = pg_binary(&is_number, PG_EQUAL, a, a, err);
    if (status == PG_OK)
        status =
            reduce_plain(&count, PG_COUNT_NONZERO, &is_number, axes, keep, err);
    if (status == PG_OK)
        status = sum_as_double(out, PG_NANSUM, a, axes, keep, err);
    if (status == PG_OK)
        status = pg_binary_into(out, PG_DIVIDE, out, &count, err);
    pg_array_release(&is_number);
    pg_array_release(&count);
    return status;
}

static pg_status reduce_ptp(pg_array *out, const pg_array *a, unsigned axes,
                            bool keep, pg_error *err)
{
    pg_array least = {0};
    if (a->dtype == PG_BOOL)
        return pg_fail(err, PG_EDTYPE, "ptp does not take bool");
    if (count_reduced(a, axes) == 0)
        return pg_fail(err, PG_ESHAPE, "ptp of no elements");
    pg_status status = reduce_plain(&least, PG_MIN, a, axes, keep, err);
    if (status == PG_OK)
        status = reduce_plain(out, PG_MAX, a, axes, keep, err);
    if (status == PG_OK)
        status = pg_binary_into(out, PG_SUBTRACT, out, &least, err);
    pg_array_release(&least);
    return status;
}

/* PG_ANY is the greatest of the elements as bools, and false of none;
   PG_ALL_TRUE is the least, and true of none. */
static pg_status reduce_bools(pg_array *out, pg_reduce_op op, const pg_array *a,
                              unsigned axes, bool keep, pg_error *err)
{
    pg_array bools;
    size_t shape[PG_MAXDIM];
    pg_scalar of_none = {.kind = 'b', .as.b = op == PG_ALL_TRUE};
    int ndim = pg_reduced_shape(shape, a, axes, keep);
    if (count_reduced(a, axes) == 0)
        return pg_full(out, PG_BOOL, ndim, shape, of_none, err);
    pg_status status = pg_array_as(&bools, a, PG_BOOL, err);
    if (status == PG_OK)
        status = reduce_plain(out, op == PG_ANY ? PG_MAX : PG_MIN, &bools, axes,
                              keep, err);
    pg_array_release(&bools);
    return status;
}

/* PG_EARG unless a has the axes; an operation that gives a position takes one
   of them, or all. */
static pg_status check_axes(pg_reduce_op op, const pg_array *a, unsigned axes,
                            pg_error *err)
{
    if (axes == PG_ALL)
        return PG_OK;
    int axis = 0;
    for (unsigned rest = axes >> a->ndim; rest; rest >>= 1, axis++)
        if (rest & 1)
            return pg_axis_check(a, a->ndim + axis, err);
    bool several = (axes & (axes - 1)) != 0;
    if (several && (op == PG_ARGMIN || op == PG_ARGMAX))
        return pg_fail(err, PG_EARG, "%s takes one axis, or none",
                       op == PG_ARGMIN ? "argmin" : "argmax");
    return PG_OK;
}

pg_status pg_reduced_size(size_t *n, const pg_array *a, unsigned axes,
                          pg_error *err)
{
    *n = 0;
    pg_status status = check_axes(PG_SUM, a, axes, err);
    if (status == PG_OK)
        *n = count_reduced(a, axes);
    return status;
}

pg_status pg_reduce_ddof(pg_array *out, pg_reduce_op op, const pg_array *a,
                         unsigned axes, bool keep, double ddof, pg_error *err)
{
    pg_assert(op < PG_REDUCE_COUNT);
    memset(out, 0, sizeof *out);
    pg_status status = check_axes(op, a, axes, err);
    if (status != PG_OK)
        return status;
    switch (op) {
    case PG_MEAN:
        status = mean_as_double(out, a, axes, keep, err);
        break;
    case PG_NANMEAN:
        status = nanmean_as_double(out, a, axes, keep, err);
        break;
    case PG_VAR:
        status = var_as_double(out, a, axes, keep, ddof, err);
        break;
    case PG_STD:
        status = var_as_double(out, a, axes, keep, ddof, err);
        if (status == PG_OK)
            status = pg_unary_into(out, PG_SQRT, out, err);
        break;
    case PG_NORM:
        status = norm_as_double(out, a, axes, keep, err);
        break;
    case PG_ANY:
    case PG_ALL_TRUE:
        return reduce_bools(out, op, a, axes, keep, err);
    case PG_PTP:
        status = reduce_ptp(out, a, axes, keep, err);
        break;
    default:
        status = reduce_plain(out, op, a, axes, keep, err);
    }
    bool keeps_dtype =
        pg_dtype_is_float(a->dtype) && pg_dtype_is_float(out->dtype);
    if (status == PG_OK && keeps_dtype)
        status = retype(out, a->dtype, err);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}

pg_status pg_reduce(pg_array *out, pg_reduce_op op, const pg_array *a,
                    unsigned axes, bool keep, pg_error *err)
{
    return pg_reduce_ddof(out, op, a, axes, keep, 0, err);
}
