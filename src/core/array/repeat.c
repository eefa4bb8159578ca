/* Repeated elements: repeat_interleave, tile and pad. */

#include "array/repeat.h"

#include <inttypes.h>
#include <string.h>

#include "array/cast.h"
#include "array/copy.h"
#include "array/create.h"
#include "base/interrupt.h"

/* Lengths of axes: beyond size_t they become SIZE_MAX, which no array has. */

static size_t add_lengths(size_t a, size_t b)
{
    size_t sum;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

static size_t multiply_lengths(size_t a, size_t b)
{
    size_t product;
    return pg_size_multiply(&product, a, b) ? product : SIZE_MAX;
}

/* Copies between two parts of one array that have no element in common. Without
   a storage they are not taken for the same memory. */
static void copy_part(pg_array out, pg_array in)
{
    out.storage = in.storage = NULL;
    pg_cast_array(&out, &in);
}

/* --- repeat_interleave ---------------------------------------------------- */

/* *total = the length of an axis of n parts, each repeated. */
static pg_status count_repeats(size_t *total, const pg_array *counts, size_t n,
                               const pg_array *a, pg_error *err)
{
    char tc[PG_SHAPE_TEXT], ta[PG_SHAPE_TEXT];
    const int64_t *count = counts->data;
    size_t given = pg_array_size(counts);
    if (counts->ndim > 1 || (given != 1 && given != n))
        return pg_fail(err, PG_ESHAPE,
                       "repeat_interleave: counts of shape %s do not fit an "
                       "axis of length %zu (the shape is %s)",
                       pg_shape_text(tc, counts), n, pg_shape_text(ta, a));
    *total = 0;
    PG_EACH (i, given) {
        if (count[i] < 0)
            return pg_fail(err, PG_EARG,
                           "repeat_interleave: count %zu is %" PRId64
                           "; counts are 0 or more",
                           i + 1, count[i]);
        *total = add_lengths(*total, (size_t)count[i]);
    }
    if (given == 1 && n != 1)
        *total = multiply_lengths(*total, n);
    return pg_check_interrupt(err);
}

/* Elements, which loads and stores copy. */
#define REPEAT_LOOP(T)                                     \
    {                                                      \
        T *to = (T *)out;                                  \
        PG_EACH (i, n)                                     \
            for (int64_t k = 0; k < counts[i * step]; k++) \
                *to++ = ((const T *)in)[i];                \
        return (char *)to;                                 \
    }

/* Copies each of n parts of `bytes` bytes: counts[i * step] times part i.
   Returns the end of what it wrote. */
static char *repeat_parts(char *out, const char *in, const int64_t *counts,
                          size_t step, size_t n, size_t bytes)
{
    switch (bytes) {
    case 1:
        REPEAT_LOOP(pg_bits8)
    case 2:
        REPEAT_LOOP(pg_bits16)
    case 4:
        REPEAT_LOOP(pg_bits32)
    case 8:
        REPEAT_LOOP(pg_bits64)
    default:
        break;
    }
    PG_EACH_WIDE (1 + bytes / 64, i, n)
        for (int64_t k = 0; k < counts[i * step]; k++) {
            memcpy(out, in + i * bytes, bytes);
            out += bytes;
        }
    return out;
}

/* pg_array_repeat of a dense array along one of its axes. */
static pg_status repeat_dense(pg_array *out, const pg_array *a,
                              const pg_array *counts, int axis, pg_error *err)
{
    size_t shape[PG_MAXDIM], n = a->shape[axis];
    memcpy(shape, a->shape, sizeof shape);
    pg_status status = count_repeats(&shape[axis], counts, n, a, err);
    if (status == PG_OK)
        status = pg_array_new(out, a->dtype, a->ndim, shape, err);
    if (status != PG_OK)
        return status;
    size_t outer = 1, bytes = pg_dtype_size(a->dtype);
    for (int i = 0; i < axis; i++)
        outer *= a->shape[i];
    for (int i = axis + 1; i < a->ndim; i++)
        bytes *= a->shape[i];
    char *to = out->data;
    size_t step = pg_array_size(counts) == 1 ? 0 : 1;
    size_t rows = pg_array_size(out) > 0 ? outer : 0;
    PG_EACH_WIDE (n, o, rows)
        to = repeat_parts(to, (const char *)a->data + o * n * bytes,
                          counts->data, step, n, bytes);
    return pg_array_end(out, PG_OK, err);
}

pg_status pg_array_repeat(pg_array *out, const pg_array *a,
                          const pg_array *counts, int axis, pg_error *err)
{
    pg_array dense, flat = {0}, whole = {0};
    size_t size = pg_array_size(a);
    memset(out, 0, sizeof *out);
    pg_status status = pg_array_dense(&dense, a, err);
    if (status == PG_OK && axis == PG_EVERY_AXIS)
        status = pg_array_reshape(&flat, &dense, 1, &size, err);
    else if (status == PG_OK)
        status = pg_axis_check(a, axis, err);
    if (status == PG_OK)
        status = pg_array_integers(&whole, counts, "counts", err);
    if (status == PG_OK)
        status = axis == PG_EVERY_AXIS
                     ? repeat_dense(out, &flat, &whole, 0, err)
                     : repeat_dense(out, &dense, &whole, axis, err);
    pg_array_release(&dense);
    pg_array_release(&flat);
    pg_array_release(&whole);
    return status;
}

/* --- tile ----------------------------------------------------------------- */

/* Fills an axis of out from its first `filled` elements, twice as many each
   time. part has out's strides, and the lengths that are filled so far. */
static void fill_axis(const pg_array *out, pg_array part, int axis)
{
    size_t filled = part.shape[axis], length = out->shape[axis];
    while (filled < length && !pg_interrupted()) {
        part.shape[axis] = pg_size_min(filled, length - filled);
        pg_array copy = part;
        copy.data = (char *)part.data + (ptrdiff_t)filled * part.strides[axis];
        copy_part(copy, part);
        filled += part.shape[axis];
    }
}

pg_status pg_array_tile(pg_array *out, const pg_array *a, int count,
                        const size_t *repeats, pg_error *err)
{
    int ndim = count > a->ndim ? count : a->ndim;
    size_t tile[PG_MAXDIM], shape[PG_MAXDIM];
    pg_array first, part;
    pg_assert(count >= 0 && count <= PG_MAXDIM);
    for (int i = 0; i < ndim; i++) {
        int in = i - (ndim - a->ndim), by = i - (ndim - count);
        tile[i] = in < 0 ? 1 : a->shape[in];
        shape[i] = multiply_lengths(tile[i], by < 0 ? 1 : repeats[by]);
    }
    pg_status status = pg_array_new(out, a->dtype, ndim, shape, err);
    if (status != PG_OK || pg_array_size(out) == 0)
        return status;
    status = pg_array_broadcast_view(&first, a, ndim, tile, err);
    if (status == PG_OK) {
        part = *out;
        memcpy(part.shape, tile, sizeof tile);
        copy_part(part, first);
        for (int axis = ndim - 1; axis >= 0; axis--) {
            fill_axis(out, part, axis);
            part.shape[axis] = out->shape[axis];
        }
    }
    pg_array_release(&first);
    return pg_array_end(out, status, err);
}

/* --- pad ------------------------------------------------------------------ */

/* The index within an axis of length n whose element stands at `at`, counted
   from the axis's first element. */
static size_t source_index(ptrdiff_t at, size_t n, pg_pad_mode mode)
{
    ptrdiff_t last = (ptrdiff_t)n - 1, period = 2 * last;
    if (mode == PG_PAD_EDGE || last == 0)
        return at < 0 ? 0 : (size_t)last;
    at %= period;
    if (at < 0)
        at += period;
    return (size_t)(at > last ? period - at : at);
}

/* One of the parts of `view` along an axis, as a part of length 1. */
static pg_array part_at(const pg_array *view, int axis, size_t index)
{
    pg_array part = *view;
    part.data = (char *)view->data + (ptrdiff_t)index * view->strides[axis];
    part.shape[axis] = 1;
    return part;
}

/* Fills the padding along an axis with copies of the parts between. view is
   padded along the axes before, and has a's lengths along those behind. */
static void pad_with_copies(const pg_array *view, int axis, size_t before,
                            size_t n, pg_pad_mode mode)
{
    for (size_t i = 0; i < view->shape[axis] && !pg_interrupted(); i++) {
        if (i == before)
            i += n;
        if (i == view->shape[axis])
            break;
        size_t from = source_index((ptrdiff_t)(i - before), n, mode);
        copy_part(part_at(view, axis, i), part_at(view, axis, before + from));
    }
}

/* Fills the padding along an axis with a value. */
static pg_status pad_with_value(const pg_array *view, int axis, size_t before,
                                size_t n, const pg_array *value, pg_error *err)
{
    pg_array part = *view;
    part.shape[axis] = before;
    pg_status status = pg_array_assign(&part, value, err);
    part = part_at(view, axis, before + n);
    part.shape[axis] = view->shape[axis] - before - n;
    return status == PG_OK ? pg_array_assign(&part, value, err) : status;
}

static pg_status check_padding(const pg_array *a, const size_t *before,
                               const size_t *after, pg_pad_mode mode,
                               pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    for (int i = 0; i < a->ndim; i++)
        if (mode != PG_PAD_CONSTANT && a->shape[i] == 0 &&
            (before[i] > 0 || after[i] > 0))
            return pg_fail(err, PG_ESHAPE,
                           "pad: axis %d of shape %s has no element to "
                           "continue; mode \"constant\" takes a value",
                           i + 1, pg_shape_text(text, a));
    return PG_OK;
}

pg_status pg_array_pad(pg_array *out, const pg_array *a, const size_t *before,
                       const size_t *after, pg_pad_mode mode, pg_scalar value,
                       pg_error *err)
{
    size_t shape[PG_MAXDIM];
    pg_element element;
    pg_array one, view;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < a->ndim; i++)
        shape[i] = add_lengths(add_lengths(before[i], a->shape[i]), after[i]);
    pg_status status = check_padding(a, before, after, mode, err);
    if (status == PG_OK)
        status = pg_scalar_store(&element, value, a->dtype, err);
    if (status == PG_OK)
        status = pg_array_new(out, a->dtype, a->ndim, shape, err);
    if (status != PG_OK)
        return status;
    pg_array_borrow(&one, &element, a->dtype, 0, NULL);
    view = *out;
    for (int i = 0; i < a->ndim; i++) {
        view.shape[i] = a->shape[i];
        view.data = (char *)view.data + (ptrdiff_t)before[i] * view.strides[i];
    }
    copy_part(view, *a);
    for (int i = 0; i < a->ndim && status == PG_OK; i++) {
        view.shape[i] = out->shape[i];
        view.data = (char *)view.data - (ptrdiff_t)before[i] * view.strides[i];
        if (mode == PG_PAD_CONSTANT)
            status =
                pad_with_value(&view, i, before[i], a->shape[i], &one, err);
        else if (pg_array_size(&view) > 0)
            pad_with_copies(&view, i, before[i], a->shape[i], mode);
    }
    return pg_array_end(out, status, err);
}
