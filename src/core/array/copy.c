/* Copies of arrays, and a reshape that copies if no view has the shape. */

#include "array/copy.h"

#include <math.h>
#include <stdio.h>
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

pg_status pg_array_flatten(pg_array *out, const pg_array *a, int first,
                           pg_error *err)
{
    size_t shape[PG_MAXDIM], length = 1;
    pg_assert(first >= 0 && (first < a->ndim || first + a->ndim == 0));
    for (int i = 0; i < first; i++)
        shape[i] = a->shape[i];
    for (int i = first; i < a->ndim; i++)
        length *= a->shape[i];
    shape[first] = length;
    return pg_array_reshape(out, a, first + 1, shape, err);
}

/* --- integers ------------------------------------------------------------- */

/* Writes the place of a dense array's element `index`: "{2, 1}". */
static void place_text(char *text, size_t size, const pg_array *a, size_t index)
{
    size_t used = 0, rest = pg_array_size(a);
    text[used++] = '{';
    for (int i = 0; i < a->ndim && used < size; i++) {
        rest /= a->shape[i];
        used += (size_t)snprintf(text + used, size - used, i ? ", %zu" : "%zu",
                                 index / rest + 1);
        index %= rest;
    }
    if (used < size)
        snprintf(text + used, size - used, "}");
}

static pg_status fail_integer(const pg_array *values, size_t index,
                              const char *what, pg_error *err)
{
    char place[PG_SHAPE_TEXT];
    double value = ((const double *)values->data)[index];
    if (isnan(value))
        value = NAN; /* drops its sign */
    place_text(place, sizeof place, values, index);
    return pg_fail(err, PG_EDTYPE, "%s must be integers, not %.14g%s%s", what,
                   value, values->ndim ? ", at " : "",
                   values->ndim ? place : "");
}

static pg_status integers_of_floats(pg_array *out, const pg_array *a,
                                    const char *what, pg_error *err)
{
    pg_array values;
    pg_status status = pg_array_as(&values, a, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_array_new(out, PG_INT64, a->ndim, a->shape, err);
    size_t n = status == PG_OK ? pg_array_size(a) : 0, refused = n;
    const double *value = values.data;
    int64_t *integer = out->data;
    PG_EACH (i, n) {
        double x = value[i];
        bool fits = x >= -0x1p63 && x < 0x1p63 && floor(x) == x;
        integer[i] = fits ? (int64_t)x : 0;
        refused = fits || refused < n ? refused : i;
    }
    status = pg_array_end(out, status, err);
    if (status == PG_OK && refused < n) {
        pg_array_release(out);
        status = fail_integer(&values, refused, what, err);
    }
    pg_array_release(&values);
    return status;
}

pg_status pg_array_integers(pg_array *out, const pg_array *a, const char *what,
                            pg_error *err)
{
    memset(out, 0, sizeof *out);
    if (a->dtype == PG_BOOL)
        return pg_fail(err, PG_EDTYPE, "%s must be integers, not bool", what);
    if (pg_dtype_is_float(a->dtype))
        return integers_of_floats(out, a, what, err);
    pg_status status = pg_array_as(out, a, PG_INT64, err);
    if (status != PG_OK || a->dtype != PG_UINT64)
        return status;
    int64_t *integer = out->data;
    size_t n = pg_array_size(out);
    PG_EACH (i, n)
        if (integer[i] < 0)
            integer[i] = INT64_MAX;
    return pg_array_end(out, PG_OK, err);
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
