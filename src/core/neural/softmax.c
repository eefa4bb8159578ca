/* Softmax and its kin, composed of reductions and elementwise operations. */

#include "neural/softmax.h"

#include <math.h>
#include <string.h>

#include "array/copy.h"
#include "array/create.h"
#include "ops/map.h"
#include "ops/reduce.h"

/* *out = a in a floating dtype. */
static pg_status as_floats(pg_array *out, const pg_array *a, pg_error *err)
{
    pg_dtype dtype = pg_dtype_is_float(a->dtype) ? a->dtype : PG_FLOAT64;
    return pg_array_astype(out, a, dtype, err);
}

/* a = a - max(a) along an axis. */
static pg_status subtract_max(const pg_array *a, int axis, pg_error *err)
{
    pg_array max;
    pg_status status = pg_reduce(&max, PG_MAX, a, PG_AXIS(axis), true, err);
    if (status == PG_OK)
        status = pg_binary_into(a, PG_SUBTRACT, a, &max, err);
    pg_array_release(&max);
    return status;
}

pg_status pg_softmax(pg_array *out, const pg_array *a, int axis, pg_error *err)
{
    pg_array sum = {0};
    memset(out, 0, sizeof *out);
    pg_status status = pg_axis_check(a, axis, err);
    if (status == PG_OK)
        status = as_floats(out, a, err);
    if (status != PG_OK || pg_array_size(a) == 0)
        return status;
    status = subtract_max(out, axis, err);
    if (status == PG_OK)
        status = pg_unary_into(out, PG_EXP, out, err);
    if (status == PG_OK)
        status = pg_reduce(&sum, PG_SUM, out, PG_AXIS(axis), true, err);
    if (status == PG_OK)
        status = pg_binary_into(out, PG_DIVIDE, out, &sum, err);
    if (status != PG_OK)
        pg_array_release(out);
    pg_array_release(&sum);
    return status;
}

pg_status pg_log_softmax(pg_array *out, const pg_array *a, int axis,
                         pg_error *err)
{
    pg_array exps = {0}, sum = {0};
    memset(out, 0, sizeof *out);
    pg_status status = pg_axis_check(a, axis, err);
    if (status == PG_OK)
        status = as_floats(out, a, err);
    if (status != PG_OK || pg_array_size(a) == 0)
        return status;
    status = subtract_max(out, axis, err);
    if (status == PG_OK)
        status = pg_unary(&exps, PG_EXP, out, err);
    if (status == PG_OK)
        status = pg_reduce(&sum, PG_SUM, &exps, PG_AXIS(axis), true, err);
    if (status == PG_OK)
        status = pg_unary_into(&sum, PG_LOG, &sum, err);
    if (status == PG_OK)
        status = pg_binary_into(out, PG_SUBTRACT, out, &sum, err);
    if (status != PG_OK)
        pg_array_release(out);
    pg_array_release(&exps);
    pg_array_release(&sum);
    return status;
}

/* *out = a, but 0 for what isn't finite. */
static pg_status zero_non_finite(pg_array *out, const pg_array *a,
                                 pg_error *err)
{
    pg_array is_finite, zero;
    pg_element element;
    const pg_scalar nothing = {.kind = 'f', .as.f = 0};
    memset(out, 0, sizeof *out);
    pg_status status = pg_unary(&is_finite, PG_ISFINITE, a, err);
    if (status == PG_OK)
        status =
            pg_scalar_operand(&zero, &element, nothing, a->dtype, false, err);
    if (status == PG_OK)
        status = pg_where(out, &is_finite, a, &zero, err);
    pg_array_release(&is_finite);
    return status;
}

/* The axes are kept, at length 1. An infinite maximum is not subtracted: exp
   gives 0 or infinity without that. */
static pg_status logsumexp_kept(pg_array *out, const pg_array *a, unsigned axes,
                                pg_error *err)
{
    pg_array exps, max = {0}, shift = {0};
    memset(out, 0, sizeof *out);
    pg_status status = as_floats(&exps, a, err);
    if (status == PG_OK)
        status = pg_reduce(&max, PG_MAX, &exps, axes, true, err);
    if (status == PG_OK)
        status = zero_non_finite(&shift, &max, err);
    if (status == PG_OK)
        status = pg_binary_into(&exps, PG_SUBTRACT, &exps, &shift, err);
    if (status == PG_OK)
        status = pg_unary_into(&exps, PG_EXP, &exps, err);
    if (status == PG_OK)
        status = pg_reduce(out, PG_SUM, &exps, axes, true, err);
    if (status == PG_OK)
        status = pg_unary_into(out, PG_LOG, out, err);
    if (status == PG_OK)
        status = pg_binary_into(out, PG_ADD, out, &shift, err);
    if (status != PG_OK)
        pg_array_release(out);
    pg_array_release(&exps);
    pg_array_release(&max);
    pg_array_release(&shift);
    return status;
}

pg_status pg_logsumexp(pg_array *out, const pg_array *a, unsigned axes,
                       bool keep, pg_error *err)
{
    pg_array kept;
    size_t n, shape[PG_MAXDIM];
    memset(out, 0, sizeof *out);
    pg_status status = pg_reduced_size(&n, a, axes, err);
    if (status != PG_OK)
        return status;
    int ndim = pg_reduced_shape(shape, a, axes, keep);
    if (n == 0)
        return pg_full(
            out, pg_dtype_is_float(a->dtype) ? a->dtype : PG_FLOAT64, ndim,
            shape, (pg_scalar){.kind = 'f', .as.f = -(double)INFINITY}, err);
    status = logsumexp_kept(&kept, a, axes, err);
    if (status == PG_OK)
        status = pg_array_reshape(out, &kept, ndim, shape, err);
    pg_array_release(&kept);
    return status;
}
