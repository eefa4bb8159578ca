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

/* The joined shape; PG_ESHAPE unless all lengths agree except along the axis. A
   sum beyond size_t becomes SIZE_MAX, which no array has. */
static pg_status concat_shape(size_t *shape, const pg_array *const *arrays,
                              size_t count, int axis, pg_error *err)
{
    const pg_array *a = arrays[0];
    char ta[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    memcpy(shape, a->shape, sizeof a->shape);
    for (size_t k = 1; k < count; k++) {
        const pg_array *b = arrays[k];
        bool fits = b->ndim == a->ndim;
        for (int i = 0; fits && i < a->ndim; i++)
            fits = i == axis || a->shape[i] == b->shape[i];
        if (!fits)
            return pg_fail(err, PG_ESHAPE,
                           "concat along axis %d: shapes %s and %s do not fit",
                           axis + 1, pg_shape_text(ta, a),
                           pg_shape_text(tb, b));
        if (__builtin_add_overflow(shape[axis], b->shape[axis], &shape[axis]))
            shape[axis] = SIZE_MAX;
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

pg_status pg_concat(pg_array *out, const pg_array *const *arrays, size_t count,
                    int axis, pg_error *err)
{
    size_t shape[PG_MAXDIM];
    memset(out, 0, sizeof *out);
    pg_status status = check_joined("concat", count, err);
    if (status == PG_OK)
        status = pg_axis_check(arrays[0], axis, err);
    if (status == PG_OK)
        status = concat_shape(shape, arrays, count, axis, err);
    if (status == PG_OK)
        status = pg_array_new(out, joined_dtype(arrays, count), arrays[0]->ndim,
                              shape, err);
    if (status != PG_OK)
        return status;
    pg_array part = *out;
    for (size_t k = 0; k < count; k++) {
        part.shape[axis] = arrays[k]->shape[axis];
        pg_cast_array(&part, arrays[k]);
        part.data = (char *)part.data +
                    (ptrdiff_t)part.shape[axis] * part.strides[axis];
    }
    return pg_array_end(out, PG_OK, err);
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
