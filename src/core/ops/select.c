/* Selection by masks and positions: read and written. */

#include "ops/select.h"

#include <stdatomic.h>
#include <string.h>

#include "array/cast.h"
#include "array/copy.h"
#include "array/index.h"
#include "array/storage.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "kernels/elementwise.h"
#include "ops/reduce.h"

/* --- indices: int64, dense, from 0 ---------------------------------------- */

/* The error of the first position that is not on the axis. */
static pg_status fail_outside(const pg_array *positions, const pg_array *a,
                              int axis, pg_error *err)
{
    pg_array p;
    size_t index;
    pg_status status = pg_array_integers(&p, positions, "positions", err);
    const int64_t *position = p.data;
    for (; status == PG_OK; position++)
        status = pg_index_of_position(&index, *position, a, axis, err);
    pg_array_release(&p);
    return status;
}

/* Turns n positions into indices; false if one is not on the axis of that
   length. */
static bool indices_from_positions(int64_t *positions, size_t n, size_t length)
{
    size_t end;
    bool inside = true;
    for (size_t i = 0; pg_next_chunk(&end, i, n, PG_CHUNK); i = end)
        inside = pg_elementwise_kernels()->indices_from_positions(
                     positions + i, end - i, length) &&
                 inside;
    return inside;
}

/* *out = the indices, of the shape of positions. PG_EINDEX names the first
   position beyond the ends. */
static pg_status find_indices(pg_array *out, const pg_array *positions,
                              const pg_array *a, int axis, pg_error *err)
{
    pg_array whole;
    memset(out, 0, sizeof *out);
    pg_status status = pg_array_integers(&whole, positions, "positions", err);
    if (status == PG_OK)
        status = pg_array_copy(out, &whole, err);
    pg_array_release(&whole);
    if (status != PG_OK)
        return status;
    bool inside =
        indices_from_positions(out->data, pg_array_size(out), a->shape[axis]);
    status = pg_array_end(out, PG_OK, err);
    if (status != PG_OK || inside)
        return status;
    pg_array_release(out);
    return fail_outside(positions, a, axis, err);
}

static pg_status check_mask(const pg_array *mask, const pg_array *a,
                            pg_error *err)
{
    char tm[PG_SHAPE_TEXT], ta[PG_SHAPE_TEXT];
    if (mask->dtype != PG_BOOL)
        return pg_fail(err, PG_EDTYPE, "a mask must be bool, not %s",
                       pg_dtype_name(mask->dtype));
    if (mask->ndim > a->ndim ||
        memcmp(mask->shape, a->shape, (size_t)mask->ndim * sizeof *a->shape) !=
            0)
        return pg_fail(err, PG_ESHAPE,
                       "a mask of shape %s does not fit an array of shape %s",
                       pg_shape_text(tm, mask), pg_shape_text(ta, a));
    return PG_OK;
}

/* Writes the indices, plus `base`, of the true elements among n to list, which
   has room for `count`: not more are true. Returns their number. */
static size_t list_indices(int64_t *list, size_t count, const bool *holds,
                           size_t n, int64_t base)
{
    size_t found = 0, end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, PG_CHUNK); i = end)
        found += pg_elementwise_kernels()->list_true(
            list + found, count - found, holds + i, end - i, (int64_t)i + base);
    return found;
}

/* *count = the number of true elements of a dense mask. */
static pg_status count_true(size_t *count, const pg_array *mask, pg_error *err)
{
    const bool *holds = mask->data;
    size_t end, size = pg_array_size(mask);
    *count = 0;
    for (size_t i = 0; pg_next_chunk(&end, i, size, PG_CHUNK); i = end)
        *count += pg_elementwise_kernels()->count_true(holds + i, end - i);
    return pg_check_interrupt(err);
}

/* *out (n) = the indices at which a mask is true, in row-major order. */
static pg_status find_true(pg_array *out, const pg_array *mask, pg_error *err)
{
    pg_array dense;
    size_t count = 0;
    memset(out, 0, sizeof *out);
    pg_status status = pg_array_dense(&dense, mask, err);
    if (status == PG_OK)
        status = count_true(&count, &dense, err);
    if (status == PG_OK)
        status = pg_array_new(out, PG_INT64, 1, &count, err);
    if (status == PG_OK)
        list_indices(out->data, count, dense.data, pg_array_size(mask), 0);
    pg_array_release(&dense);
    return pg_array_end(out, status, err);
}

/* --- nonzero -------------------------------------------------------------- */

/* Writes the positions of the true elements of a dense mask, row by row of its
   last axis; out (ndim, count). */
static void list_true(int64_t *out, size_t count, const pg_array *mask)
{
    int last = mask->ndim - 1;
    size_t index[PG_MAXDIM] = {0}, found = 0, length = mask->shape[last];
    size_t rows = count > 0 ? pg_array_size(mask) / length : 0;
    const bool *holds = mask->data;
    PG_EACH_WIDE (length, row, rows) {
        size_t first = found;
        found += list_indices(out + (size_t)last * count + first, count - first,
                              holds + row * length, length, 1);
        for (int axis = 0; axis < last; axis++)
            for (size_t i = first; i < found; i++)
                out[(size_t)axis * count + i] = (int64_t)index[axis] + 1;
        for (int axis = last - 1; axis >= 0; axis--) { /* to the next row */
            if (++index[axis] < mask->shape[axis])
                break;
            index[axis] = 0;
        }
    }
}

pg_status pg_nonzero(pg_array *out, const pg_array *a, pg_error *err)
{
    pg_array mask;
    size_t count = 0;
    memset(out, 0, sizeof *out);
    pg_status status = pg_array_as(&mask, a, PG_BOOL, err);
    if (status == PG_OK)
        status = count_true(&count, &mask, err);
    size_t shape[2] = {(size_t)a->ndim, count};
    if (status == PG_OK)
        status = pg_array_new(out, PG_INT64, 2, shape, err);
    if (status == PG_OK && a->ndim > 0)
        list_true(out->data, count, &mask);
    pg_array_release(&mask);
    return pg_array_end(out, status, err);
}

/* --- reading -------------------------------------------------------------- */

/* out (outer, n, inner) = in (outer, length, inner) at n indices of the middle
   axis; both dense, inner in bytes. The indices are given, or read from dense
   positions. A job takes `step` of them for `rows` outer indices, and there are
   `cuts` jobs for these rows. */
typedef struct taking {
    char *out;
    const char *in;
    const int64_t *indices;    /* NULL: positions */
    const pg_array *positions; /* of any dtype but bool */
    size_t outer, n, length, inner, rows, step, cuts;
    atomic_bool is_outside; /* a position is not on the axis, or no integer */
} taking;

/* Reads n positions from index `first` on as indices. False if one is not on an
   axis of that length, or no integer. */
static bool read_indices(int64_t *indices, const pg_array *positions,
                         size_t first, size_t n, size_t length)
{
    pg_dtype dtype = positions->dtype;
    size_t size = pg_dtype_size(dtype);
    const char *from = (const char *)positions->data + first * size;
    int differs = 0;
    pg_cast(PG_INT64, (char *)indices, sizeof *indices, dtype, from,
            (ptrdiff_t)size, n);
    for (size_t i = 0; dtype == PG_FLOAT64 && i < n; i++)
        differs |= (double)indices[i] != ((const double *)from)[i];
    for (size_t i = 0; dtype == PG_FLOAT32 && i < n; i++)
        differs |= (float)indices[i] != ((const float *)from)[i];
    for (size_t i = 0; dtype == PG_UINT64 && i < n; i++)
        differs |= indices[i] < 0; /* has wrapped */
    return pg_elementwise_kernels()->indices_from_positions(indices, n,
                                                            length) &&
           !differs;
}

/* pg_job */
static void take_some(void *context, size_t job)
{
    enum { BLOCK = 1024 }; /* positions that are read at a time */
    taking *t = context;
    int64_t buffer[BLOCK];
    size_t row = job / t->cuts * t->rows;
    size_t end_row = pg_size_min(t->outer, row + t->rows);
    size_t first = job % t->cuts * t->step;
    size_t end = pg_size_min(t->n, first + t->step);
    for (size_t n; first < end; first += n) {
        const int64_t *indices = buffer;
        n = pg_size_min(BLOCK, end - first);
        if (t->indices) {
            indices = t->indices + first;
        } else if (!read_indices(buffer, t->positions, first, n, t->length)) {
            atomic_store(&t->is_outside, true);
            return;
        }
        for (size_t o = row; o < end_row; o++)
            pg_elementwise_kernels()->take(
                t->out + (o * t->n + first) * t->inner,
                t->in + o * t->length * t->inner, indices, n, t->inner);
    }
}

static void take_dense(taking *t)
{
    enum { PIECE = 16384 }; /* numbers of 8 bytes that a job takes */
    size_t words = pg_size_divide_up(t->inner, 8);
    t->step = pg_size_max(1, pg_size_min(t->n, PIECE / words));
    t->cuts = pg_size_divide_up(t->n, t->step);
    t->rows = pg_size_max(1, PIECE / (t->step * words));
    size_t jobs = t->cuts * pg_size_divide_up(t->outer, t->rows);
    pg_parallel_for(jobs, jobs > 1, take_some, t);
}

/* The shape of a with the axis replaced by the axes of positions. */
static pg_status taken_shape(int *ndim, size_t *shape, const pg_array *a,
                             const pg_array *positions, int axis, pg_error *err)
{
    pg_status status = pg_axis_check(a, axis, err);
    if (status != PG_OK)
        return status;
    *ndim = a->ndim - 1 + positions->ndim;
    if (*ndim > PG_MAXDIM)
        return pg_fail(err, PG_ESHAPE,
                       "take: the rank would be %d, more than %d", *ndim,
                       PG_MAXDIM);
    int at = 0;
    for (int i = 0; i < axis; i++)
        shape[at++] = a->shape[i];
    for (int i = 0; i < positions->ndim; i++)
        shape[at++] = positions->shape[i];
    for (int i = axis + 1; i < a->ndim; i++)
        shape[at++] = a->shape[i];
    return PG_OK;
}

/* Checks positions of which nothing is taken. */
static pg_status check_positions(const pg_array *positions, const pg_array *a,
                                 int axis, pg_error *err)
{
    pg_array indices;
    pg_status status = find_indices(&indices, positions, a, axis, err);
    pg_array_release(&indices);
    return status;
}

pg_status pg_take(pg_array *out, const pg_array *a, const pg_array *positions,
                  int axis, pg_error *err)
{
    int ndim;
    size_t shape[PG_MAXDIM];
    pg_array dense, places = {0};
    memset(out, 0, sizeof *out);
    pg_status status = taken_shape(&ndim, shape, a, positions, axis, err);
    if (status == PG_OK && positions->dtype == PG_BOOL)
        status = pg_array_integers(&places, positions, "positions", err);
    if (status != PG_OK)
        return status;
    status = pg_array_dense(&dense, a, err);
    if (status == PG_OK)
        status = pg_array_dense(&places, positions, err);
    if (status == PG_OK)
        status = pg_array_new(out, a->dtype, ndim, shape, err);
    taking t = {.out = out->data,
                .in = dense.data,
                .positions = &places,
                .outer = 1,
                .n = pg_array_size(positions),
                .length = a->shape[axis],
                .inner = pg_dtype_size(a->dtype)};
    for (int i = 0; i < axis; i++)
        t.outer *= a->shape[i];
    for (int i = axis + 1; i < a->ndim; i++)
        t.inner *= a->shape[i];
    if (status == PG_OK && pg_array_size(out) == 0)
        status = check_positions(&places, a, axis, err);
    else if (status == PG_OK)
        take_dense(&t);
    status = pg_unless_interrupted(status, err);
    if (status == PG_OK && atomic_load(&t.is_outside))
        status = fail_outside(&places, a, axis, err);
    pg_array_release(&dense);
    pg_array_release(&places);
    return pg_array_end(out, status, err);
}

/* The shape of `count` selected parts: count, then a's axes from `from` on.
   Returns its rank. */
static int selected_shape(size_t *shape, const pg_array *a, int from,
                          size_t count)
{
    shape[0] = count;
    for (int i = from; i < a->ndim; i++)
        shape[i - from + 1] = a->shape[i];
    return a->ndim - from + 1;
}

pg_status pg_masked(pg_array *out, const pg_array *a, const pg_array *mask,
                    pg_error *err)
{
    size_t shape[PG_MAXDIM + 1], inner = pg_dtype_size(a->dtype);
    pg_array indices = {0}, dense = {0};
    memset(out, 0, sizeof *out);
    pg_status status = check_mask(mask, a, err);
    if (status == PG_OK && mask->ndim == 0 && a->ndim == PG_MAXDIM)
        status = pg_fail(err, PG_ESHAPE,
                         "masked: the rank would be %d, more than %d",
                         PG_MAXDIM + 1, PG_MAXDIM);
    if (status == PG_OK)
        status = find_true(&indices, mask, err);
    if (status == PG_OK)
        status = pg_array_dense(&dense, a, err);
    if (status == PG_OK) {
        int ndim = selected_shape(shape, a, mask->ndim, indices.shape[0]);
        status = pg_array_new(out, a->dtype, ndim, shape, err);
    }
    for (int i = mask->ndim; i < a->ndim; i++)
        inner *= a->shape[i];
    if (status == PG_OK && pg_array_size(out) > 0)
        take_dense(&(taking){.out = out->data,
                             .in = dense.data,
                             .indices = indices.data,
                             .outer = 1,
                             .n = indices.shape[0],
                             .inner = inner});
    pg_array_release(&indices);
    pg_array_release(&dense);
    return pg_array_end(out, status, err);
}

/* --- writing -------------------------------------------------------------- */

/* The address of part `index` of a's first `axes` axes, in row-major order. */
static void *part_at(const pg_array *a, int axes, size_t index)
{
    char *at = a->data;
    for (int i = axes - 1; i >= 0; i--) {
        at += (ptrdiff_t)(index % a->shape[i]) * a->strides[i];
        index /= a->shape[i];
    }
    return at;
}

/* Writes the rows of value, dense and of a's dtype, to the parts of a at these
   indices of its first `axes` axes, without interrupts. */
static void scatter(const pg_array *a, int axes, const pg_array *indices,
                    const pg_array *value)
{
    const int64_t *index = indices->data;
    size_t n = pg_array_size(indices), size = pg_dtype_size(a->dtype);
    pg_assert(value->dtype == a->dtype && pg_array_is_contiguous(value));
    pg_array part = *a, row = *value;
    part.ndim = row.ndim = a->ndim - axes;
    for (int i = 0; i < part.ndim; i++) {
        part.shape[i] = row.shape[i] = a->shape[axes + i];
        part.strides[i] = a->strides[axes + i];
        row.strides[i] = value->strides[value->ndim - part.ndim + i];
    }
    size_t bytes = pg_array_size(&row) * size;
    bool whole = pg_array_is_contiguous(&part);
    pg_storage_mark_written(a->storage);
    const pg_interrupt *enabled = pg_set_interrupt(NULL);
    for (size_t i = 0; i < n; i++) {
        part.data = part_at(a, axes, (size_t)index[i]);
        row.data = (char *)value->data + i * bytes;
        if (whole)
            memcpy(part.data, row.data, bytes);
        else
            pg_cast_array(&part, &row);
    }
    pg_set_interrupt(enabled);
}

/* *out = a copy of value, broadcast to shape, in dtype: a write to the array
   that value may share memory with does not change it. */
static pg_status broadcast_copy(pg_array *out, const pg_array *value,
                                pg_dtype dtype, int ndim, const size_t *shape,
                                pg_error *err)
{
    pg_array view;
    memset(out, 0, sizeof *out);
    pg_status status = pg_array_broadcast_view(&view, value, ndim, shape, err);
    if (status == PG_OK)
        status = pg_array_astype(out, &view, dtype, err);
    pg_array_release(&view);
    return status;
}

pg_status pg_assign_masked(const pg_array *a, const pg_array *mask,
                           const pg_array *value, pg_error *err)
{
    size_t shape[PG_MAXDIM + 1];
    pg_array indices = {0}, dense = {0};
    pg_status status = check_mask(mask, a, err);
    if (status == PG_OK && mask->ndim == 0 && a->ndim == PG_MAXDIM)
        status = pg_fail(err, PG_ESHAPE, "a mask must have rank 1 or more");
    if (status == PG_OK)
        status = find_true(&indices, mask, err);
    if (status == PG_OK) {
        int ndim = selected_shape(shape, a, mask->ndim, indices.shape[0]);
        status = broadcast_copy(&dense, value, a->dtype, ndim, shape, err);
    }
    if (status == PG_OK && pg_array_size(&dense) > 0)
        scatter(a, mask->ndim, &indices, &dense);
    pg_array_release(&indices);
    pg_array_release(&dense);
    return status;
}

pg_status pg_assign_taken(const pg_array *a, const pg_array *positions,
                          const pg_array *value, pg_error *err)
{
    int ndim;
    size_t shape[PG_MAXDIM];
    pg_array indices = {0}, dense = {0};
    pg_status status = taken_shape(&ndim, shape, a, positions, 0, err);
    if (status == PG_OK)
        status = find_indices(&indices, positions, a, 0, err);
    if (status == PG_OK)
        status = broadcast_copy(&dense, value, a->dtype, ndim, shape, err);
    if (status == PG_OK && pg_array_size(&dense) > 0)
        scatter(a, 1, &indices, &dense);
    pg_array_release(&indices);
    pg_array_release(&dense);
    return status;
}

/* out (outer, length, inner) += in (outer, n, inner) at n indices of the middle
   axis, both dense and of one dtype. A job takes a stripe of the elements of
   one outer index, so that each sum has one thread. */
typedef struct adding {
    char *out;
    const char *in;
    const int64_t *indices;
    pg_elementwise_kernel add;
    size_t n, length, inner, size; /* size: bytes of an element */
} adding;

enum { STRIPE = 1024 };

/* pg_job */
static void add_some(void *context, size_t job)
{
    const adding *a = context;
    size_t stripes = pg_size_divide_up(a->inner, STRIPE);
    size_t outer = job / stripes, first = job % stripes * STRIPE;
    size_t width = pg_size_min(STRIPE, a->inner - first);
    ptrdiff_t step = (ptrdiff_t)a->size;
    char *out = a->out + (outer * a->length * a->inner + first) * a->size;
    const char *in = a->in + (outer * a->n * a->inner + first) * a->size;
    PG_EACH_WIDE (width, i, a->n) {
        char *sum = out + (size_t)a->indices[i] * a->inner * a->size;
        char *more = (char *)in + i * a->inner * a->size;
        a->add((char *const[]){sum, sum, more},
               (const ptrdiff_t[]){step, step, step}, width);
    }
}

pg_status pg_add_taken(const pg_array *a, const pg_array *positions, int axis,
                       const pg_array *value, pg_error *err)
{
    int ndim;
    size_t shape[PG_MAXDIM], lengths[3];
    pg_array indices = {0}, view = {0}, dense = {0};
    pg_assert(pg_array_is_contiguous(a));
    if (a->dtype == PG_BOOL)
        return pg_fail(err, PG_EDTYPE, "bools do not add up");
    pg_status status = taken_shape(&ndim, shape, a, positions, axis, err);
    if (status == PG_OK)
        status = find_indices(&indices, positions, a, axis, err);
    if (status == PG_OK)
        status = pg_array_broadcast_view(&view, value, ndim, shape, err);
    if (status == PG_OK)
        status = pg_array_as(&dense, &view, a->dtype, err);
    if (status == PG_OK && pg_array_size(&dense) > 0) {
        pg_axes_lengths(lengths, a, axis, axis + 1);
        pg_elementwise_kernel add =
            pg_elementwise_kernels()->binary[PG_ADD][a->dtype];
        adding all = {a->data,
                      dense.data,
                      indices.data,
                      add,
                      pg_array_size(&indices),
                      lengths[1],
                      lengths[2],
                      pg_dtype_size(a->dtype)};
        size_t jobs = lengths[0] * pg_size_divide_up(lengths[2], STRIPE);
        pg_parallel_for(jobs, pg_array_size(&dense) > PG_CHUNK, add_some, &all);
    }
    status = pg_unless_interrupted(status, err);
    pg_array_release(&indices);
    pg_array_release(&view);
    pg_array_release(&dense);
    return status;
}
