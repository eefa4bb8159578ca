/* Copies of arrays, and a reshape that copies if no view has the shape. */

#include "array/copy.h"

#include <string.h>

#include "array/cast.h"
#include "base/interrupt.h"

pg_status pg_array_astype(pg_array *out, const pg_array *a, pg_dtype dtype,
                          pg_error *err)
{
    pg_status status = pg_array_new(out, dtype, a->ndim, a->shape, err);
    if (status == PG_OK)
        pg_cast_array(out, a);
    return pg_array_end(out, status, err);
}

pg_status pg_array_copy(pg_array *out, const pg_array *a, pg_error *err)
{
    return pg_array_astype(out, a, a->dtype, err);
}

pg_status pg_array_as(pg_array *out, const pg_array *a, pg_dtype dtype,
                      pg_error *err)
{
    if (a->dtype != dtype || !pg_array_is_contiguous(a))
        return pg_array_astype(out, a, dtype, err);
    pg_array_view(out, a);
    return PG_OK;
}

pg_status pg_array_assign(const pg_array *a, const pg_array *b, pg_error *err)
{
    pg_array from, copy = {0};
    pg_status status =
        pg_array_broadcast_view(&from, b, a->ndim, a->shape, err);
    if (status != PG_OK)
        return status;
    if (pg_array_shares_storage(a, b) && !pg_array_same_view(a, &from)) {
        status = pg_array_copy(&copy, b, err);
        pg_array_release(&from);
        if (status == PG_OK)
            status =
                pg_array_broadcast_view(&from, &copy, a->ndim, a->shape, err);
    }
    if (status == PG_OK) {
        const pg_interrupt *before = pg_set_interrupt(NULL);
        pg_cast_array(a, &from);
        pg_set_interrupt(before);
    }
    pg_array_release(&from);
    pg_array_release(&copy);
    return status;
}

pg_status pg_array_reshape(pg_array *out, const pg_array *a, int ndim,
                           const size_t *shape, pg_error *err)
{
    pg_array copy;
    bool possible;
    pg_status status =
        pg_array_reshape_view(out, &possible, a, ndim, shape, err);
    if (status != PG_OK || possible)
        return status;
    status = pg_array_copy(&copy, a, err);
    if (status == PG_OK)
        status = pg_array_reshape_view(out, &possible, &copy, ndim, shape, err);
    pg_array_release(&copy);
    return status;
}

pg_status pg_array_dense(pg_array *out, const pg_array *a, pg_error *err)
{
    return pg_array_as(out, a, a->dtype, err);
}

pg_status pg_array_little_endian(pg_array *out, const pg_array *a,
                                 pg_error *err)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        return pg_array_dense(out, a, err);
    pg_status status = pg_array_copy(out, a, err);
    if (status == PG_OK)
        pg_swap_bytes(out->data, pg_array_size(a), pg_dtype_size(a->dtype));
    return pg_array_end(out, status, err);
}
