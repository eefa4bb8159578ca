/* Labels of classes: their check, and conversion to and from one-hot rows. */

#include "ops/labels.h"

#include <math.h>
#include <string.h>

#include "array/copy.h"
#include "array/scalar.h"
#include "base/interrupt.h"
#include "ops/reduce.h"

static pg_status fail_label(size_t row, double value, size_t classes,
                            pg_error *err)
{
    if (isnan(value))
        value = NAN; /* drops its sign */
    if (classes == 0 || floor(value) != value)
        return pg_fail(err, PG_EARG,
                       "labels: row %zu is %.14g; labels are class numbers, "
                       "0 and up",
                       row + 1, value);
    return pg_fail(err, PG_EARG,
                   "labels: row %zu is %.14g, outside the %zu classes 0 to %zu",
                   row + 1, value, classes, classes - 1);
}

const char *pg_column_hint(const pg_array *labels)
{
    return labels->ndim == 2 && labels->shape[1] == 1
               ? ": labels in one column become rank 1 by y:reshape(-1)"
               : "";
}

pg_status pg_labels_check(pg_array *out, const pg_array *labels, size_t classes,
                          pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    pg_array values;
    pg_assert(classes <= INT32_MAX);
    memset(out, 0, sizeof *out);
    if (labels->ndim != 1)
        return pg_fail(err, PG_ESHAPE,
                       "labels must be of rank 1, not of shape %s%s",
                       pg_shape_text(text, labels), pg_column_hint(labels));
    pg_status status = pg_array_astype(&values, labels, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_array_new(out, PG_INT32, 1, labels->shape, err);
    double limit = classes ? (double)classes : 0x1p31;
    const double *value = values.data;
    size_t n = status == PG_OK ? labels->shape[0] : 0;
    PG_EACH (i, n) {
        if (value[i] >= 0 && value[i] < limit && floor(value[i]) == value[i])
            ((int32_t *)out->data)[i] = (int32_t)value[i];
        else if (status == PG_OK)
            status = fail_label(i, value[i], classes, err);
    }
    status = pg_array_end(out, status, err);
    pg_array_release(&values);
    return status;
}

pg_status pg_onehot(pg_array *out, const pg_array *labels, size_t classes,
                    pg_dtype dtype, pg_error *err)
{
    pg_array checked;
    memset(out, 0, sizeof *out);
    if (classes == 0 || classes > INT32_MAX)
        return pg_fail(err, PG_EARG, "onehot: there cannot be %zu classes",
                       classes);
    pg_status status = pg_labels_check(&checked, labels, classes, err);
    size_t shape[2] = {labels->shape[0], classes};
    if (status == PG_OK)
        status = pg_array_zeros(out, dtype, 2, shape, err);
    const int32_t *label = checked.data;
    pg_element one;
    if (status == PG_OK)
        status = pg_scalar_store(&one, (pg_scalar){.kind = 'i', .as.i = 1},
                                 dtype, err);
    size_t size = pg_dtype_size(dtype), n = status == PG_OK ? shape[0] : 0;
    PG_EACH (i, n)
        memcpy((char *)out->data + (i * classes + (size_t)label[i]) * size,
               &one, size);
    status = pg_array_end(out, status, err);
    pg_array_release(&checked);
    return status;
}

pg_status pg_labels(pg_array *out, const pg_array *rows, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    if (rows->ndim != 2)
        return pg_fail(err, PG_ESHAPE,
                       "labels: a matrix of (rows, classes) is needed, not "
                       "one of shape %s",
                       pg_shape_text(text, rows));
    pg_status status = pg_reduce(out, PG_ARGMAX, rows, PG_AXIS(1), false, err);
    int64_t *label = out->data;
    if (status != PG_OK)
        return status;
    PG_EACH (i, rows->shape[0])
        label[i]--; /* argmax gives positions, from 1; classes are from 0 */
    return pg_array_end(out, PG_OK, err);
}
