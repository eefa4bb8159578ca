/* New arrays, their properties, and views of them. */

#include "array/array.h"

#include <stdio.h>
#include <string.h>

#include "array/storage.h"
#include "base/interrupt.h"
#include "base/memory.h"

/* --- new arrays ----------------------------------------------------------- */

static pg_status check_rank(int ndim, pg_error *err)
{
    if (ndim >= 0 && ndim <= PG_MAXDIM)
        return PG_OK;
    return pg_fail(err, PG_ESHAPE, "rank must be 0 to %d, not %d", PG_MAXDIM,
                   ndim);
}

/* Bytes of an array of this shape; false if they are more than memory can hold.
   Lengths of 0 are left out of the product, so that no stride overflows. */
static bool count_bytes(size_t *bytes, pg_dtype dtype, int ndim,
                        const size_t *shape)
{
    *bytes = pg_dtype_size(dtype);
    bool empty = false;
    for (int i = 0; i < ndim; i++) {
        empty = empty || shape[i] == 0;
        if (shape[i] && !pg_size_multiply(bytes, *bytes, shape[i]))
            return false;
    }
    bool fits = *bytes <= PTRDIFF_MAX;
    if (empty)
        *bytes = 0;
    return fits;
}

static pg_status fail_size(pg_error *err, pg_dtype dtype, int ndim,
                           const size_t *shape)
{
    char text[PG_SHAPE_TEXT];
    size_t bytes, left = pg_memory_left();
    pg_shape_text_of(text, ndim, shape);
    if (!count_bytes(&bytes, dtype, ndim, shape) || bytes <= left)
        return pg_fail(err, PG_ENOMEM,
                       "not enough memory for a %s array of shape %s",
                       pg_dtype_name(dtype), text);
    return pg_fail(err, PG_ENOMEM,
                   "not enough memory for a %s array of shape %s: it takes "
                   "%zu bytes; %zu are available",
                   pg_dtype_name(dtype), text, bytes, left);
}

/* In C order each axis steps over those behind it. */
void pg_array_borrow(pg_array *out, void *data, pg_dtype dtype, int ndim,
                     const size_t *shape)
{
    pg_assert(ndim >= 0 && ndim <= PG_MAXDIM);
    pg_assert((uintptr_t)data % pg_dtype_size(dtype) == 0);
    *out = (pg_array){.data = data, .dtype = dtype, .ndim = ndim};
    ptrdiff_t stride = (ptrdiff_t)pg_dtype_size(dtype);
    for (int i = ndim - 1; i >= 0; i--) {
        out->shape[i] = shape[i];
        out->strides[i] = stride;
        stride *= (ptrdiff_t)(shape[i] ? shape[i] : 1);
    }
}

pg_status pg_array_new(pg_array *out, pg_dtype dtype, int ndim,
                       const size_t *shape, pg_error *err)
{
    memset(out, 0, sizeof *out);
    pg_status status = check_rank(ndim, err);
    if (status != PG_OK)
        return status;
    size_t bytes;
    pg_storage *storage = NULL;
    if (count_bytes(&bytes, dtype, ndim, shape))
        storage = pg_storage_new(bytes);
    if (!storage)
        return fail_size(err, dtype, ndim, shape);
    pg_array_borrow(out, pg_storage_data(storage), dtype, ndim, shape);
    out->storage = storage;
    out->is_placed = pg_storage_is_placed(storage);
    return PG_OK;
}

pg_status pg_array_map(pg_array *out, int file, uint64_t at, pg_dtype dtype,
                       int ndim, const size_t *shape, const char *name,
                       pg_error *err)
{
    size_t bytes;
    void *data;
    memset(out, 0, sizeof *out);
    pg_status status = check_rank(ndim, err);
    if (status != PG_OK)
        return status;
    if (!count_bytes(&bytes, dtype, ndim, shape))
        return fail_size(err, dtype, ndim, shape);
    pg_storage *storage = pg_storage_map(&data, file, at, bytes);
    if (!storage)
        return pg_fail_system(err, name);
    pg_array_borrow(out, data, dtype, ndim, shape);
    out->storage = storage;
    return PG_OK;
}

pg_status pg_array_end(pg_array *out, pg_status status, pg_error *err)
{
    status = pg_unless_interrupted(status, err);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}

pg_status pg_array_zeros(pg_array *out, pg_dtype dtype, int ndim,
                         const size_t *shape, pg_error *err)
{
    pg_status status = pg_array_new(out, dtype, ndim, shape, err);
    if (status == PG_OK)
        pg_clear_bytes(out->data, pg_array_bytes(out));
    return pg_array_end(out, status, err);
}

void pg_array_release(pg_array *a)
{
    if (!a->is_placed)
        pg_storage_release(a->storage);
    memset(a, 0, sizeof *a);
}

void pg_array_place(pg_array *a, void *memory, size_t room)
{
    size_t bytes = pg_array_bytes(a);
    if (!a->storage || bytes > room || a->is_placed ||
        !pg_storage_is_sole(a->storage) ||
        a->data != pg_storage_data(a->storage) || !pg_array_is_contiguous(a))
        return;
    pg_storage *placed = pg_storage_place(memory, bytes);
    memcpy(pg_storage_data(placed), a->data, bytes);
    pg_storage_release(a->storage);
    a->storage = placed;
    a->is_placed = true;
    a->data = pg_storage_data(placed);
}

/* --- properties ----------------------------------------------------------- */

size_t pg_array_size(const pg_array *a)
{
    size_t size = 1;
    for (int i = 0; i < a->ndim; i++)
        size *= a->shape[i];
    return size;
}

size_t pg_array_bytes(const pg_array *a)
{
    return pg_array_size(a) * pg_dtype_size(a->dtype);
}

bool pg_array_is_contiguous(const pg_array *a)
{
    ptrdiff_t stride = (ptrdiff_t)pg_dtype_size(a->dtype);
    for (int i = a->ndim - 1; i >= 0; i--) {
        if (a->shape[i] == 0)
            return true;
        if (a->shape[i] != 1 && a->strides[i] != stride)
            return false;
        stride *= (ptrdiff_t)a->shape[i];
    }
    return true;
}

bool pg_array_same_shape(const pg_array *a, const pg_array *b)
{
    return a->ndim == b->ndim &&
           memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape) == 0;
}

/* Strides of axes of length 1 are never used. */
bool pg_array_same_view(const pg_array *a, const pg_array *b)
{
    if (a->data != b->data || a->dtype != b->dtype ||
        !pg_array_same_shape(a, b))
        return false;
    for (int i = 0; i < a->ndim; i++)
        if (a->shape[i] != 1 && a->strides[i] != b->strides[i])
            return false;
    return true;
}

bool pg_array_shares_storage(const pg_array *a, const pg_array *b)
{
    return a->storage != NULL && a->storage == b->storage;
}

/* The addresses of the first byte and past the last. */
static void byte_range(const pg_array *a, const char **first, const char **end)
{
    *first = a->data;
    *end = *first + pg_dtype_size(a->dtype);
    for (int i = 0; i < a->ndim; i++) {
        ptrdiff_t span = (ptrdiff_t)(a->shape[i] - 1) * a->strides[i];
        if (span < 0)
            *first += span;
        else
            *end += span;
    }
}

bool pg_array_may_share_memory(const pg_array *a, const pg_array *b)
{
    const char *first_a, *end_a, *first_b, *end_b;
    if (!pg_array_shares_storage(a, b) || pg_array_size(a) == 0 ||
        pg_array_size(b) == 0)
        return false;
    byte_range(a, &first_a, &end_a);
    byte_range(b, &first_b, &end_b);
    return first_a < end_b && first_b < end_a;
}

pg_status pg_axis_check(const pg_array *a, int axis, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    if (axis >= 0 && axis < a->ndim)
        return PG_OK;
    return pg_fail(err, PG_EARG,
                   "there is no axis %lld in an array of shape %s", axis + 1LL,
                   pg_shape_text(text, a));
}

const char *pg_shape_text_of(char *text, int ndim, const size_t *shape)
{
    enum { LONGEST_LENGTH = sizeof ", 18446744073709551615" - 1 };
    size_t used = 0;
    text[used++] = '(';
    for (int i = 0; i < ndim; i++) {
        if (used + 2 * LONGEST_LENGTH > PG_SHAPE_TEXT) {
            used +=
                (size_t)snprintf(text + used, PG_SHAPE_TEXT - used, ", ...");
            break;
        }
        used += (size_t)snprintf(text + used, PG_SHAPE_TEXT - used,
                                 i ? ", %zu" : "%zu", shape[i]);
    }
    snprintf(text + used, PG_SHAPE_TEXT - used, ndim == 1 ? ",)" : ")");
    return text;
}

const char *pg_shape_text(char *text, const pg_array *a)
{
    return pg_shape_text_of(text, a->ndim, a->shape);
}

/* --- views ---------------------------------------------------------------- */

/* For pg_assert. */
static inline bool array_has_axis(const pg_array *a, int axis)
{
    return axis >= 0 && axis < a->ndim;
}

static void copy_axis(pg_array *to, int i, const pg_array *from, int j)
{
    to->shape[i] = from->shape[j];
    to->strides[i] = from->strides[j];
}

void pg_array_view(pg_array *out, const pg_array *a)
{
    pg_array view = *a;
    if (!view.is_placed)
        pg_storage_retain(view.storage);
    *out = view;
}

void pg_array_transpose_view(pg_array *out, const pg_array *a)
{
    pg_array view = *a;
    for (int i = 0; i < a->ndim; i++)
        copy_axis(&view, i, a, a->ndim - 1 - i);
    pg_array_view(out, &view);
}

pg_status pg_permute_view(pg_array *out, const pg_array *a, const int *axes,
                          int count, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    bool named[PG_MAXDIM] = {false}, fits = count == a->ndim;
    pg_array view = *a;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < count && fits; i++) {
        fits = axes[i] >= 0 && axes[i] < count && !named[axes[i]];
        if (fits) {
            named[axes[i]] = true;
            copy_axis(&view, i, a, axes[i]);
        }
    }
    if (!fits)
        return pg_fail(err, PG_EARG,
                       "transpose: each of the %d axes of shape %s must be "
                       "named once",
                       a->ndim, pg_shape_text(text, a));
    pg_array_view(out, &view);
    return PG_OK;
}

void pg_swap_axes_view(pg_array *out, const pg_array *a, int i, int j)
{
    pg_assert(array_has_axis(a, i) && array_has_axis(a, j));
    pg_array view = *a;
    copy_axis(&view, i, a, j);
    copy_axis(&view, j, a, i);
    pg_array_view(out, &view);
}

void pg_move_axis_view(pg_array *out, const pg_array *a, int from, int to)
{
    pg_assert(array_has_axis(a, from) && array_has_axis(a, to));
    pg_array view = *a;
    int step = from < to ? 1 : -1;
    for (int i = from; i != to; i += step)
        copy_axis(&view, i, a, i + step);
    copy_axis(&view, to, a, from);
    pg_array_view(out, &view);
}

static void drop_unit_axes(pg_array *out, const pg_array *a)
{
    *out = *a;
    out->ndim = 0;
    for (int i = 0; i < a->ndim; i++)
        if (a->shape[i] != 1)
            copy_axis(out, out->ndim++, a, i);
}

pg_status pg_squeeze_view(pg_array *out, const pg_array *a, int axis,
                          pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    pg_array view = *a;
    memset(out, 0, sizeof *out);
    if (axis == PG_EVERY_AXIS) {
        drop_unit_axes(&view, a);
        pg_array_view(out, &view);
        return PG_OK;
    }
    pg_status status = pg_axis_check(a, axis, err);
    if (status != PG_OK)
        return status;
    if (a->shape[axis] != 1)
        return pg_fail(err, PG_ESHAPE,
                       "squeeze: axis %d of shape %s has length %zu, not 1",
                       axis + 1, pg_shape_text(text, a), a->shape[axis]);
    view.ndim--;
    for (int i = axis; i < view.ndim; i++)
        copy_axis(&view, i, a, i + 1);
    pg_array_view(out, &view);
    return PG_OK;
}

pg_status pg_expand_view(pg_array *out, const pg_array *a, int axis,
                         pg_error *err)
{
    pg_array view = *a;
    memset(out, 0, sizeof *out);
    if (a->ndim == PG_MAXDIM)
        return pg_fail(err, PG_ESHAPE,
                       "expand_dims: the rank would be %d, more than %d",
                       a->ndim + 1, PG_MAXDIM);
    if (axis < 0 || axis > a->ndim)
        return pg_fail(err, PG_EARG,
                       "expand_dims: there is no axis %lld in an array of rank "
                       "%d",
                       axis + 1LL, a->ndim + 1);
    view.ndim++;
    for (int i = a->ndim; i > axis; i--)
        copy_axis(&view, i, a, i - 1);
    view.shape[axis] = 1;
    view.strides[axis] = (ptrdiff_t)pg_dtype_size(a->dtype);
    pg_array_view(out, &view);
    return PG_OK;
}

void pg_flip_view(pg_array *out, const pg_array *a, int axis)
{
    pg_assert(axis == PG_EVERY_AXIS || array_has_axis(a, axis));
    pg_array view = *a;
    for (int i = 0; i < a->ndim; i++) {
        if ((axis != PG_EVERY_AXIS && i != axis) || a->shape[i] == 0)
            continue;
        view.data =
            (char *)view.data + (ptrdiff_t)(a->shape[i] - 1) * a->strides[i];
        view.strides[i] = -a->strides[i];
    }
    pg_array_view(out, &view);
}

void pg_array_rows_view(pg_array *out, const pg_array *a, size_t first,
                        size_t count)
{
    pg_assert(a->ndim > 0 && first <= a->shape[0] &&
              count <= a->shape[0] - first);
    pg_array view = *a;
    view.data = (char *)a->data + (ptrdiff_t)first * a->strides[0];
    view.shape[0] = count;
    pg_array_view(out, &view);
}

/* --- broadcasting --------------------------------------------------------- */

static pg_status fail_broadcast(pg_error *err, const pg_array *a, int ndim,
                                const size_t *shape)
{
    char from[PG_SHAPE_TEXT], to[PG_SHAPE_TEXT];
    return pg_fail(err, PG_ESHAPE, "shape %s does not broadcast to %s",
                   pg_shape_text(from, a), pg_shape_text_of(to, ndim, shape));
}

pg_status pg_array_broadcast_view(pg_array *out, const pg_array *a, int ndim,
                                  const size_t *shape, pg_error *err)
{
    pg_array view = *a;
    memset(out, 0, sizeof *out);
    pg_status status = check_rank(ndim, err);
    if (status != PG_OK)
        return status;
    int missing = ndim - a->ndim;
    if (missing < 0)
        return fail_broadcast(err, a, ndim, shape);
    view.ndim = ndim;
    for (int i = 0; i < ndim; i++) {
        size_t length = i < missing ? 1 : a->shape[i - missing];
        if (length != shape[i] && length != 1)
            return fail_broadcast(err, a, ndim, shape);
        view.shape[i] = shape[i];
        view.strides[i] = length == 1 ? 0 : a->strides[i - missing];
    }
    pg_array_view(out, &view);
    return PG_OK;
}

pg_status pg_broadcast_shape(int *ndim, size_t *shape, const pg_array *a,
                             const pg_array *b, pg_error *err)
{
    *ndim = a->ndim > b->ndim ? a->ndim : b->ndim;
    for (int i = 1; i <= *ndim; i++) {
        size_t la = i <= a->ndim ? a->shape[a->ndim - i] : 1;
        size_t lb = i <= b->ndim ? b->shape[b->ndim - i] : 1;
        if (la != lb && la != 1 && lb != 1) {
            char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
            return pg_fail(err, PG_ESHAPE,
                           "shapes %s and %s do not broadcast together",
                           pg_shape_text(ta, a), pg_shape_text(tb, b));
        }
        shape[*ndim - i] = la == 1 ? lb : la;
    }
    return PG_OK;
}

/* --- reshape -------------------------------------------------------------- */

/* Replaces PG_INFER in shape by the length that makes the sizes equal. */
static pg_status infer_length(size_t *shape, const pg_array *a, int ndim,
                              pg_error *err)
{
    size_t size = pg_array_size(a), known = 1;
    int unknown = -1;
    bool fits = true;
    for (int i = 0; i < ndim; i++)
        if (shape[i] != PG_INFER)
            fits = fits && pg_size_multiply(&known, known, shape[i]);
        else if (unknown >= 0)
            return pg_fail(err, PG_EARG,
                           "reshape: only one length can be left open (-1)");
        else
            unknown = i;
    if (unknown >= 0 && fits && known && size % known == 0) {
        shape[unknown] = size / known;
        return PG_OK;
    }
    if (unknown < 0 && fits && known == size)
        return PG_OK;
    char from[PG_SHAPE_TEXT], to[PG_SHAPE_TEXT];
    if (unknown >= 0)
        return pg_fail(err, PG_ESHAPE,
                       "cannot reshape %s: its %zu elements do not divide "
                       "into the lengths given",
                       pg_shape_text(from, a), size);
    return pg_fail(err, PG_ESHAPE, "cannot reshape %s (%zu elements) to %s",
                   pg_shape_text(from, a), size,
                   pg_shape_text_of(to, ndim, shape));
}

/* True if axes first .. end - 1 could be one axis of constant stride. */
static bool is_one_axis(const pg_array *a, int first, int end)
{
    for (int i = first; i + 1 < end; i++)
        if (a->strides[i] != a->strides[i + 1] * (ptrdiff_t)a->shape[i + 1])
            return false;
    return true;
}

/* Gives view, whose shape is set, strides under which it has a's elements in
   row-major order; false if there are none. Old and new axes are matched in
   groups of equal size, and the old axes of a group must be one axis. */
static bool strides_for_shape(pg_array *view, const pg_array *a)
{
    pg_array old;
    drop_unit_axes(&old, a);
    for (int oi = 0, ni = 0; oi < old.ndim && ni < view->ndim;) {
        int ofirst = oi, nfirst = ni;
        size_t oproduct = old.shape[oi++], nproduct = view->shape[ni++];
        while (oproduct != nproduct)
            if (oproduct < nproduct)
                oproduct *= old.shape[oi++];
            else
                nproduct *= view->shape[ni++];
        if (!is_one_axis(&old, ofirst, oi))
            return false;
        ptrdiff_t stride = old.strides[oi - 1];
        for (int i = ni - 1; i >= nfirst; i--) {
            view->strides[i] = stride;
            stride *= (ptrdiff_t)view->shape[i];
        }
    }
    return true;
}

pg_status pg_array_reshape_view(pg_array *out, bool *possible,
                                const pg_array *a, int ndim,
                                const size_t *shape, pg_error *err)
{
    pg_array view;
    size_t lengths[PG_MAXDIM], bytes;
    memset(out, 0, sizeof *out);
    *possible = false;
    pg_status status = check_rank(ndim, err);
    if (status != PG_OK)
        return status;
    for (int i = 0; i < ndim; i++)
        lengths[i] = shape[i];
    status = infer_length(lengths, a, ndim, err);
    if (status != PG_OK)
        return status;
    if (!count_bytes(&bytes, a->dtype, ndim, lengths)) /* a length is 0 */
        return fail_size(err, a->dtype, ndim, lengths);
    pg_array_borrow(&view, a->data, a->dtype, ndim, lengths);
    view.storage = a->storage;
    view.is_placed = a->is_placed;
    *possible = pg_array_size(a) == 0 || strides_for_shape(&view, a);
    if (*possible)
        pg_array_view(out, &view);
    return PG_OK;
}
