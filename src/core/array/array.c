#include "array/array.h"

#include <stdio.h>
#include <string.h>

#include "array/cast.h"
#include "base/interrupt.h"
#include "array/storage.h"
#include "base/memory.h"

/* --- making --------------------------------------------------------------- */

pg_status pg_rank_check(int ndim, pg_error *err)
{
    if (ndim >= 0 && ndim <= PG_MAXDIM)
        return PG_OK;
    return pg_fail(err, PG_ESHAPE, "rank must be 0 to %d, not %d", PG_MAXDIM,
                   ndim);
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

/* The last axis is dense, each other one steps over those behind it. */
static void contiguous_strides(pg_array *a)
{
    ptrdiff_t stride = (ptrdiff_t)pg_dtype_size(a->dtype);
    for (int i = a->ndim - 1; i >= 0; i--) {
        a->strides[i] = stride;
        stride *= (ptrdiff_t)(a->shape[i] ? a->shape[i] : 1);
    }
}

static void set_layout(pg_array *a, pg_dtype dtype, int ndim,
                       const size_t *shape)
{
    pg_assert(ndim >= 0 && ndim <= PG_MAXDIM);
    memset(a, 0, sizeof *a);
    a->dtype = dtype;
    a->ndim = ndim;
    for (int i = 0; i < ndim; i++)
        a->shape[i] = shape[i];
    contiguous_strides(a);
}

/* The bytes of an array of this shape. Zero lengths are left out of the
   product, so that no stride overflows either. */
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

pg_status pg_array_new(pg_array *out, pg_dtype dtype, int ndim,
                       const size_t *shape, pg_error *err)
{
    memset(out, 0, sizeof *out);
    pg_status status = pg_rank_check(ndim, err);
    if (status != PG_OK)
        return status;
    size_t bytes;
    pg_storage *storage = NULL;
    if (count_bytes(&bytes, dtype, ndim, shape))
        storage = pg_storage_new(bytes);
    if (!storage)
        return fail_size(err, dtype, ndim, shape);
    set_layout(out, dtype, ndim, shape);
    out->storage = storage;
    out->data = pg_storage_data(storage);
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

void pg_array_borrow(pg_array *out, void *data, pg_dtype dtype, int ndim,
                     const size_t *shape)
{
    set_layout(out, dtype, ndim, shape);
    out->data = data;
}

void pg_array_release(pg_array *a)
{
    pg_storage_release(a->storage);
    memset(a, 0, sizeof *a);
}

/* --- asking --------------------------------------------------------------- */

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

/* The stride of an axis of length 1 is never taken. */
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

bool pg_array_may_overlap(const pg_array *a, const pg_array *b)
{
    return a->storage != NULL && a->storage == b->storage;
}

/* The addresses of the first byte and of the one behind the last. */
static void bounds(const pg_array *a, const char **first, const char **end)
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

bool pg_arrays_share(const pg_array *a, const pg_array *b)
{
    const char *first_a, *end_a, *first_b, *end_b;
    if (!pg_array_may_overlap(a, b) || pg_array_size(a) == 0 ||
        pg_array_size(b) == 0)
        return false;
    bounds(a, &first_a, &end_a);
    bounds(b, &first_b, &end_b);
    return first_a < end_b && first_b < end_a;
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

void pg_array_view(pg_array *out, const pg_array *a)
{
    pg_array view = *a;
    pg_storage_retain(view.storage);
    *out = view;
}

void pg_array_transpose_view(pg_array *out, const pg_array *a)
{
    pg_array view = *a;
    for (int i = 0; i < a->ndim; i++) {
        view.shape[i] = a->shape[a->ndim - 1 - i];
        view.strides[i] = a->strides[a->ndim - 1 - i];
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
    pg_status status = pg_rank_check(ndim, err);
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

/* Whether axes first .. end-1 follow each other without gaps. */
static bool is_one_run(const pg_array *a, int first, int end)
{
    for (int i = first; i + 1 < end; i++)
        if (a->strides[i] != a->strides[i + 1] * (ptrdiff_t)a->shape[i + 1])
            return false;
    return true;
}

static void drop_unit_axes(pg_array *out, const pg_array *a)
{
    *out = *a;
    out->ndim = 0;
    for (int i = 0; i < a->ndim; i++)
        if (a->shape[i] != 1) {
            out->shape[out->ndim] = a->shape[i];
            out->strides[out->ndim++] = a->strides[i];
        }
}

/* Strides under which a's elements, left where they are, read in order under
   the new shape; false where there are none. Old and new axes are matched in
   runs of equal products, and within a run the old axes must be one. */
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
        if (!is_one_run(&old, ofirst, oi))
            return false;
        ptrdiff_t stride = old.strides[oi - 1];
        for (int i = ni - 1; i >= nfirst; i--) {
            view->strides[i] = stride;
            stride *= (ptrdiff_t)view->shape[i];
        }
    }
    return true;
}

pg_status pg_array_reshape(pg_array *out, const pg_array *a, int ndim,
                           const size_t *shape, pg_error *err)
{
    pg_array view;
    size_t lengths[PG_MAXDIM], bytes;
    memset(out, 0, sizeof *out);
    pg_status status = pg_rank_check(ndim, err);
    if (status != PG_OK)
        return status;
    if (ndim > 0)
        memcpy(lengths, shape, (size_t)ndim * sizeof *lengths);
    status = infer_length(lengths, a, ndim, err);
    if (status != PG_OK)
        return status;
    if (!count_bytes(&bytes, a->dtype, ndim, lengths)) /* a length is 0 */
        return fail_size(err, a->dtype, ndim, lengths);
    set_layout(&view, a->dtype, ndim, lengths);
    view.storage = a->storage;
    view.data = a->data;
    if (pg_array_size(a) == 0 || strides_for_shape(&view, a)) {
        pg_array_view(out, &view);
        return PG_OK;
    }
    status = pg_array_copy(out, a, err);
    if (status == PG_OK) {
        out->ndim = ndim;
        memcpy(out->shape, view.shape, sizeof out->shape);
        contiguous_strides(out);
    }
    return status;
}

/* --- copies --------------------------------------------------------------- */

pg_status pg_array_copy(pg_array *out, const pg_array *a, pg_error *err)
{
    return pg_array_astype(out, a, a->dtype, err);
}

pg_status pg_array_little_endian(pg_array *out, const pg_array *a,
                                 pg_error *err)
{
    bool native = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    if (native && pg_array_is_contiguous(a)) {
        pg_array_view(out, a);
        return PG_OK;
    }
    pg_status status = pg_array_copy(out, a, err);
    if (status == PG_OK && !native)
        pg_swap_bytes(out->data, pg_array_size(a), pg_dtype_size(a->dtype));
    return pg_array_end(out, status, err);
}

pg_status pg_array_astype(pg_array *out, const pg_array *a, pg_dtype dtype,
                          pg_error *err)
{
    pg_status status = pg_array_new(out, dtype, a->ndim, a->shape, err);
    if (status == PG_OK)
        pg_cast_array(out, a);
    return pg_array_end(out, status, err);
}

pg_status pg_array_assign(const pg_array *a, const pg_array *b, pg_error *err)
{
    pg_array from, copy = {0};
    pg_status status =
        pg_array_broadcast_view(&from, b, a->ndim, a->shape, err);
    if (status != PG_OK)
        return status;
    if (pg_array_may_overlap(a, b) && !pg_array_same_view(a, &from)) {
        status = pg_array_copy(&copy, b, err);
        pg_array_release(&from);
        if (status == PG_OK)
            status =
                pg_array_broadcast_view(&from, &copy, a->ndim, a->shape, err);
    }
    if (status == PG_OK) {
        const pg_interrupt *listened = pg_set_interrupt(NULL);
        pg_cast_array(a, &from);
        pg_set_interrupt(listened);
    }
    pg_array_release(&from);
    pg_array_release(&copy);
    return status;
}
