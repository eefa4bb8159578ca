/* Range checks and weak promotion of single numbers. */

#include "array/scalar.h"

#include <inttypes.h>
#include <math.h>

#include "array/cast.h"

/* The dtype of scalar.as. */
static pg_dtype dtype_of(pg_scalar scalar)
{
    pg_assert(scalar.kind == 'b' || scalar.kind == 'i' || scalar.kind == 'f');
    return scalar.kind == 'b'   ? PG_BOOL
           : scalar.kind == 'i' ? PG_INT64
                                : PG_FLOAT64;
}

/* True if the integer is in the range of an integer dtype. */
static bool integer_fits(int64_t value, pg_dtype dtype)
{
    unsigned bits = 8 * (unsigned)pg_dtype_size(dtype);
    if (pg_dtype_kind(dtype) == 'u')
        return value >= 0 && (bits == 64 || value >> bits == 0);
    int64_t most = (int64_t)(UINT64_MAX >> (65 - bits));
    return value >= -most - 1 && value <= most;
}

static bool is_integer(pg_dtype dtype)
{
    return pg_dtype_kind(dtype) == 'i' || pg_dtype_kind(dtype) == 'u';
}

/* True if the float is whole and in the range of an integer dtype. */
static bool float_fits(double value, pg_dtype dtype)
{
    bool is_signed = pg_dtype_kind(dtype) == 'i';
    int bits = 8 * (int)pg_dtype_size(dtype) - is_signed;
    double end = ldexp(1, bits), least = is_signed ? -end : 0;
    return value >= least && value < end && floor(value) == value;
}

/* Shows all digits of a whole number: it may be just outside the range. */
static pg_status fail_float(double value, pg_dtype dtype, pg_error *err)
{
    bool is_whole = floor(value) == value && fabs(value) < 1e20;
    return pg_fail(err, PG_EDTYPE,
                   is_whole ? "%.0f is not a number that %s holds"
                            : "%.14g is not a number that %s holds",
                   value, pg_dtype_name(dtype));
}

pg_status pg_scalar_store(pg_element *element, pg_scalar scalar, pg_dtype dtype,
                          pg_error *err)
{
    if (scalar.kind == 'f' && is_integer(dtype) &&
        !float_fits(scalar.as.f, dtype))
        return fail_float(scalar.as.f, dtype, err);
    if (scalar.kind == 'i' && is_integer(dtype) &&
        !integer_fits(scalar.as.i, dtype))
        return pg_fail(err, PG_EDTYPE, "%" PRId64 " is beyond the range of %s",
                       scalar.as.i, pg_dtype_name(dtype));
    pg_cast(dtype, (char *)element, 8, dtype_of(scalar),
            (const char *)&scalar.as, 8, 1);
    return PG_OK;
}

/* NEP 50: only the scalar's kind counts, not its size. */
static pg_dtype weak_dtype(pg_scalar scalar, pg_dtype beside)
{
    if (scalar.kind == 'b')
        return PG_BOOL;
    if (scalar.kind == 'i')
        return beside == PG_BOOL ? PG_INT64 : beside;
    return pg_dtype_is_float(beside) ? beside : PG_FLOAT64;
}

pg_status pg_scalar_operand(pg_array *out, pg_element *element,
                            pg_scalar scalar, pg_dtype beside, bool may_widen,
                            pg_error *err)
{
    pg_dtype dtype = weak_dtype(scalar, beside);
    if (may_widen && scalar.kind == 'i' && is_integer(dtype) &&
        !integer_fits(scalar.as.i, dtype))
        dtype = PG_INT64;
    pg_array_borrow(out, element, dtype, 0, NULL);
    return pg_scalar_store(element, scalar, dtype, err);
}

pg_scalar pg_scalar_load(const void *from, pg_dtype dtype)
{
    if (dtype == PG_BOOL)
        return (pg_scalar){.kind = 'b', .as.b = *(const bool *)from};
    bool is_float = pg_dtype_is_float(dtype) ||
                    (dtype == PG_UINT64 && *(const uint64_t *)from > INT64_MAX);
    pg_scalar scalar = {.kind = is_float ? 'f' : 'i'};
    pg_cast(dtype_of(scalar), (char *)&scalar.as, 8, dtype, from, 8, 1);
    return scalar;
}

pg_status pg_array_item(pg_scalar *out, const pg_array *a, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    if (pg_array_size(a) != 1)
        return pg_fail(err, PG_ESHAPE,
                       "item: an array of one element is needed, not one of "
                       "shape %s",
                       pg_shape_text(text, a));
    *out = pg_scalar_load(a->data, a->dtype);
    return PG_OK;
}
