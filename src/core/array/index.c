/* Views by positions and slices, and their syntax. */

#include "array/index.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- views ---------------------------------------------------------------- */

static pg_status fail_position(int64_t position, int axis, const pg_array *a,
                               pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    if (position == 0)
        return pg_fail(err, PG_EINDEX,
                       "position 0 on axis %d: positions start at 1", axis + 1);
    return pg_fail(err, PG_EINDEX,
                   "position %" PRId64 " is beyond axis %d, whose length is "
                   "%zu (the shape is %s)",
                   position, axis + 1, a->shape[axis], pg_shape_text(text, a));
}

/* A position counted from the start; -1 is the last. The length may be the
   largest int64_t. */
static int64_t from_start(int64_t position, int64_t length)
{
    return position < 0 ? length + (position + 1) : position;
}

static bool within(int64_t position, int64_t low, int64_t high)
{
    return position >= low && position <= high;
}

pg_status pg_index_of_position(size_t *index, int64_t position,
                               const pg_array *a, int axis, pg_error *err)
{
    pg_assert(axis >= 0 && axis < a->ndim);
    int64_t length = (int64_t)a->shape[axis];
    int64_t at = from_start(position, length);
    if (!within(at, 1, length))
        return fail_position(position, axis, a, err);
    *index = (size_t)at - 1;
    return PG_OK;
}

/* The slice's first position, counted from the start, and its length. The lower
   end of an empty slice may be one past the array's end, and the upper end one
   before its start, like {1, 0} of any array. */
static pg_status resolve_slice(int64_t *first, size_t *count,
                               const pg_index *index, const pg_array *a,
                               int axis, pg_error *err)
{
    int64_t length = (int64_t)a->shape[axis], step = index->step;
    *first = step > 0 ? 1 : length;
    *count = 0;
    if (step == 0)
        return pg_fail(err, PG_EARG, "a slice of axis %d has step 0", axis + 1);
    int64_t last = step > 0 ? length : 1;
    if (index->has_first)
        *first = from_start(index->first, length);
    if (index->has_last)
        last = from_start(index->last, length);
    int64_t low = step > 0 ? *first : last, high = step > 0 ? last : *first;
    bool empty = high < low;
    if (low < 1 || low - (int64_t)empty > length)
        return fail_position(step > 0 ? index->first : index->last, axis, a,
                             err);
    if (!within(high, 1 - (int64_t)empty, length))
        return fail_position(step > 0 ? index->last : index->first, axis, a,
                             err);
    uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    *count = empty ? 0 : (uint64_t)(high - low) / stride + 1;
    return PG_OK;
}

pg_status pg_index_of_slice(size_t *first, size_t *count, const pg_index *slice,
                            const pg_array *a, int axis, pg_error *err)
{
    pg_assert(slice->kind == PG_INDEX_SLICE && axis >= 0 && axis < a->ndim);
    int64_t position;
    *first = *count = 0;
    pg_status status = resolve_slice(&position, count, slice, a, axis, err);
    if (status == PG_OK && *count > 0)
        *first = (size_t)position - 1;
    return status;
}

pg_status pg_index_view(pg_array *out, const pg_array *a,
                        const pg_index *indices, int count, pg_error *err)
{
    pg_assert(count >= 0);
    char text[PG_SHAPE_TEXT];
    pg_array view = *a;
    memset(out, 0, sizeof *out);
    view.ndim = 0;
    if (count > a->ndim)
        return pg_fail(err, PG_EINDEX,
                       "%d indices for an array of rank %d (the shape is %s)",
                       count, a->ndim, pg_shape_text(text, a));
    for (int axis = 0; axis < a->ndim; axis++) {
        pg_index all = PG_INDEX_ALL;
        const pg_index *index = axis < count ? &indices[axis] : &all;
        ptrdiff_t stride = a->strides[axis];
        if (index->kind == PG_INDEX_POSITION) {
            size_t i = 0;
            pg_status status =
                pg_index_of_position(&i, index->first, a, axis, err);
            if (status != PG_OK)
                return status;
            view.data = (char *)view.data + (ptrdiff_t)i * stride;
            continue;
        }
        int64_t first;
        size_t n;
        pg_status status = resolve_slice(&first, &n, index, a, axis, err);
        if (status != PG_OK)
            return status;
        if (n > 0)
            view.data = (char *)view.data + (first - 1) * stride;
        view.shape[view.ndim] = n;
        /* A step beyond the axis is never taken, and could overflow. */
        view.strides[view.ndim++] = n > 1 ? stride * index->step : stride;
    }
    pg_array_view(out, &view);
    return PG_OK;
}

/* --- parts ---------------------------------------------------------------- */

/* The view of `count` elements of an axis from index `first` on. */
static void axis_part_view(pg_array *out, const pg_array *a, int axis,
                           size_t first, size_t count)
{
    pg_array view = *a;
    if (count > 0)
        view.data = (char *)a->data + (ptrdiff_t)first * a->strides[axis];
    view.shape[axis] = count;
    pg_array_view(out, &view);
}

void pg_split_view(pg_array *out, const pg_array *a, int axis, size_t part,
                   size_t parts)
{
    pg_assert(axis >= 0 && axis < a->ndim && part < parts);
    size_t least = a->shape[axis] / parts, longer = a->shape[axis] % parts;
    axis_part_view(out, a, axis, part * least + pg_size_min(part, longer),
                   least + (part < longer));
}

/* *index (from 0) = where the part behind a cut at `position` begins. */
static pg_status cut_at(size_t *index, const pg_array *a, int axis,
                        int64_t position, pg_error *err)
{
    int64_t length = (int64_t)a->shape[axis];
    *index = position > 0 ? a->shape[axis] : 0;
    if (position > length || position < -length)
        return PG_OK;
    return pg_index_of_position(index, position, a, axis, err);
}

pg_status pg_split_view_at(pg_array *out, const pg_array *a, int axis,
                           size_t part, const int64_t *positions, size_t count,
                           pg_error *err)
{
    size_t first = 0, end = a->shape[axis];
    pg_status status = PG_OK;
    pg_assert(axis >= 0 && axis < a->ndim && part <= count);
    memset(out, 0, sizeof *out);
    if (part > 0)
        status = cut_at(&first, a, axis, positions[part - 1], err);
    if (status == PG_OK && part < count)
        status = cut_at(&end, a, axis, positions[part], err);
    if (status == PG_OK)
        axis_part_view(out, a, axis, first, end > first ? end - first : 0);
    return status;
}

/* --- syntax --------------------------------------------------------------- */

static const char *skip_spaces(const char *text)
{
    return text + strspn(text, " \t");
}

/* Reads an integer within the range of int64, if there is one, and moves *text
   behind it and the spaces around it. */
static bool read_integer(int64_t *value, const char **text)
{
    const char *start = skip_spaces(*text);
    const char *digits = start + (*start == '-' || *start == '+');
    bool found = *digits >= '0' && *digits <= '9';
    if (found) {
        char *end;
        errno = 0;
        *value = strtoll(start, &end, 10);
        found = errno != ERANGE;
        start = found ? end : start;
    }
    *text = skip_spaces(start);
    return found;
}

/* Reads "3", "1:10", ":" or "::-1" and moves *text behind it; false if it is
   none of these. */
static bool read_index(pg_index *index, const char **text)
{
    *index = PG_INDEX_ALL;
    index->has_first = read_integer(&index->first, text);
    if (**text != ':') {
        index->kind = PG_INDEX_POSITION;
        return index->has_first;
    }
    ++*text;
    index->has_last = read_integer(&index->last, text);
    if (**text != ':')
        return true;
    ++*text;
    return read_integer(&index->step, text) || (index->step = 1);
}

/* Explains why text is not an index; `at` is where parsing stopped. */
static const char *hint_for(const char *text, const char *at)
{
    errno = 0;
    strtoll(at, NULL, 10);
    if (errno == ERANGE)
        return "a number in it is beyond the range of integers";
    if (strstr(text, "..."))
        return "\"...\" is not known: \":\" takes all of an axis, and those "
               "left out at the end are taken whole";
    if (strstr(text, "None") || strstr(text, "newaxis"))
        return "a new axis is made by expand_dims";
    return "expected positions and slices, as in \"1:10, :\" or \"-5:, 3\" or "
           "\"::-1\"";
}

pg_status pg_index_parse(pg_index *indices, int *count, const char *text,
                         pg_error *err)
{
    const char *at = text;
    for (*count = 0;;) {
        if (!read_index(&indices[(*count)++], &at))
            break;
        if (*at == '\0')
            return PG_OK;
        if (*at != ',')
            break;
        at++;
        if (*count == PG_MAXDIM)
            return pg_fail(err, PG_EINDEX,
                           "cannot read the index \"%.80s\": the rank is at "
                           "most %d",
                           text, PG_MAXDIM);
    }
    return pg_fail(err, PG_EARG, "cannot read the index \"%.80s\": %s", text,
                   hint_for(text, at));
}
