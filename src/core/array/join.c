/* Arrays joined along an axis that they have, or along a new one. */

#include "array/join.h"

#include <string.h>

#include "array/cast.h"

static pg_status check_joined(const char *name, size_t count, pg_error *err)
{
    if (count > 0)
        return PG_OK;
    return pg_fail(err, PG_EARG, "%s: at least one array is needed", name);
}

/* a with axes of length 1 in front, to this rank at least. */
static pg_array with_rank(const pg_array *a, int least)
{
    pg_array view = *a;
    int missing = least > a->ndim ? least - a->ndim : 0;
    for (int i = a->ndim - 1; i >= 0 && missing > 0; i--) {
        view.shape[i + missing] = a->shape[i];
        view.strides[i + missing] = a->strides[i];
    }
    for (int i = 0; i < missing; i++) {
        view.shape[i] = 1;
        view.strides[i] = 0;
    }
    view.ndim += missing;
    return view;
}

/* Arrays that are joined along an axis, each with a rank of `least_rank` at
   least. */
typedef struct joining {
    const char *name; /* the function's, for messages */
    const pg_array *const *arrays;
    size_t count;
    int axis, least_rank;
} joining;

/* The joined shape; PG_ESHAPE unless all lengths agree except along the axis. A
   sum beyond size_t becomes SIZE_MAX, which no array has. */
static pg_status joined_shape(size_t *shape, const joining *j, pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    pg_array a = with_rank(j->arrays[0], j->least_rank);
    memcpy(shape, a.shape, sizeof a.shape);
    for (size_t k = 1; k < j->count; k++) {
        pg_array b = with_rank(j->arrays[k], j->least_rank);
        bool fits = b.ndim == a.ndim;
        for (int i = 0; fits && i < a.ndim; i++)
            fits = i == j->axis || a.shape[i] == b.shape[i];
        if (!fits)
            return pg_fail(
                err, PG_ESHAPE, "%s along axis %d: shapes %s and %s do not fit",
                j->name, j->axis + 1, pg_shape_text(ta, j->arrays[0]),
                pg_shape_text(tb, j->arrays[k]));
        if (__builtin_add_overflow(shape[j->axis], b.shape[j->axis],
                                   &shape[j->axis]))
            shape[j->axis] = SIZE_MAX;
    }
    return PG_OK;
}

/* Promotes floating dtypes first, so that the order of the arrays does not
   matter: int8, uint16 and float32 give float32, but int8 with uint16 is int32,
   which with float32 is float64. */
static pg_dtype joined_dtype(const pg_array *const *arrays, size_t count)
{
    pg_dtype dtype = PG_BOOL; /* promotes to any other */
    for (size_t k = 0; k < count; k++)
        if (pg_dtype_is_float(arrays[k]->dtype))
            dtype = pg_dtype_promote(dtype, arrays[k]->dtype);
    for (size_t k = 0; k < count; k++)
        dtype = pg_dtype_promote(dtype, arrays[k]->dtype);
    return dtype;
}

static pg_status join(pg_array *out, const joining *j, pg_error *err)
{
    size_t shape[PG_MAXDIM];
    memset(out, 0, sizeof *out);
    pg_status status = check_joined(j->name, j->count, err);
    if (status != PG_OK)
        return status;
    pg_array part = with_rank(j->arrays[0], j->least_rank);
    status = pg_axis_check(&part, j->axis, err);
    if (status == PG_OK)
        status = joined_shape(shape, j, err);
    if (status == PG_OK)
        status = pg_array_new(out, joined_dtype(j->arrays, j->count), part.ndim,
                              shape, err);
    if (status != PG_OK)
        return status;
    part = *out;
    for (size_t k = 0; k < j->count; k++) {
        pg_array from = with_rank(j->arrays[k], j->least_rank);
        part.shape[j->axis] = from.shape[j->axis];
        pg_cast_array(&part, &from);
        part.data = (char *)part.data +
                    (ptrdiff_t)part.shape[j->axis] * part.strides[j->axis];
    }
    return pg_array_end(out, PG_OK, err);
}

pg_status pg_concat(pg_array *out, const pg_array *const *arrays, size_t count,
                    int axis, pg_error *err)
{
    return join(out, &(joining){"concatenation", arrays, count, axis, 0}, err);
}

pg_status pg_vstack(pg_array *out, const pg_array *const *arrays, size_t count,
                    pg_error *err)
{
    return join(out, &(joining){"vstack", arrays, count, 0, 2}, err);
}

pg_status pg_hstack(pg_array *out, const pg_array *const *arrays, size_t count,
                    pg_error *err)
{
    bool are_vectors = count > 0 && arrays[0]->ndim < 2;
    return join(out, &(joining){"hstack", arrays, count, !are_vectors, 1}, err);
}

static pg_status check_stack(const pg_array *const *arrays, size_t count,
                             int axis, pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    pg_status status = check_joined("stack", count, err);
    if (status != PG_OK)
        return status;
    if (arrays[0]->ndim == PG_MAXDIM)
        return pg_fail(err, PG_ESHAPE,
                       "stack: the rank would be %d, more than %d",
                       PG_MAXDIM + 1, PG_MAXDIM);
    if (axis < 0 || axis > arrays[0]->ndim)
        return pg_fail(err, PG_EARG,
                       "stack: there is no axis %lld in an array of rank %d",
                       axis + 1LL, arrays[0]->ndim + 1);
    for (size_t k = 1; k < count; k++)
        if (!pg_array_same_shape(arrays[0], arrays[k]))
            return pg_fail(err, PG_ESHAPE, "stack: shapes %s and %s differ",
                           pg_shape_text(ta, arrays[0]),
                           pg_shape_text(tb, arrays[k]));
    return PG_OK;
}

pg_status pg_stack(pg_array *out, const pg_array *const *arrays, size_t count,
                   int axis, pg_error *err)
{
    size_t shape[PG_MAXDIM];
    memset(out, 0, sizeof *out);
    pg_status status = check_stack(arrays, count, axis, err);
    if (status != PG_OK)
        return status;
    const pg_array *a = arrays[0];
    for (int i = 0; i <= a->ndim; i++)
        shape[i] = i == axis ? count : a->shape[i - (i > axis)];
    status =
        pg_array_new(out, joined_dtype(arrays, count), a->ndim + 1, shape, err);
    if (status != PG_OK)
        return status;
    pg_array part = *out;
    part.ndim = a->ndim;
    for (int i = axis; i < a->ndim; i++) {
        part.shape[i] = out->shape[i + 1];
        part.strides[i] = out->strides[i + 1];
    }
    for (size_t k = 0; k < count; k++) {
        pg_cast_array(&part, arrays[k]);
        part.data = (char *)part.data + out->strides[axis];
    }
    return pg_array_end(out, PG_OK, err);
}
