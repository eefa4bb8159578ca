#include "array/views.h"

#include <string.h>

/* For pg_assert alone. */
static inline bool has_axis(const pg_array *a, int axis)
{
    return axis >= 0 && axis < a->ndim;
}

static void copy_axis(pg_array *to, int i, const pg_array *from, int j)
{
    to->shape[i] = from->shape[j];
    to->strides[i] = from->strides[j];
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
        if (!fits)
            break;
        named[axes[i]] = true;
        copy_axis(&view, i, a, axes[i]);
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
    pg_assert(has_axis(a, i) && has_axis(a, j));
    pg_array view = *a;
    copy_axis(&view, i, a, j);
    copy_axis(&view, j, a, i);
    pg_array_view(out, &view);
}

void pg_move_axis_view(pg_array *out, const pg_array *a, int from, int to)
{
    pg_assert(has_axis(a, from) && has_axis(a, to));
    pg_array view = *a;
    int step = from < to ? 1 : -1;
    for (int i = from; i != to; i += step)
        copy_axis(&view, i, a, i + step);
    copy_axis(&view, to, a, from);
    pg_array_view(out, &view);
}

pg_status pg_squeeze_view(pg_array *out, const pg_array *a, int axis,
                          pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    pg_array view = *a;
    memset(out, 0, sizeof *out);
    pg_status status =
        axis == PG_EVERY_AXIS ? PG_OK : pg_axis_check(a, axis, err);
    if (status != PG_OK)
        return status;
    if (axis != PG_EVERY_AXIS && a->shape[axis] != 1)
        return pg_fail(err, PG_ESHAPE,
                       "squeeze: axis %d of shape %s has length %zu, not 1",
                       axis + 1, pg_shape_text(text, a), a->shape[axis]);
    view.ndim = 0;
    for (int i = 0; i < a->ndim; i++)
        if (a->shape[i] != 1 || (axis != PG_EVERY_AXIS && i != axis))
            copy_axis(&view, view.ndim++, a, i);
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
    pg_assert(axis == PG_EVERY_AXIS || has_axis(a, axis));
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
