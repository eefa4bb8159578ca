/* Labels and probabilities that a network is to learn. */

#include "train/targets.h"

#include <string.h>

#include "ops/labels.h"
#include "base/interrupt.h"
#include "array/copy.h"

/* --- labels --------------------------------------------------------------- */

/* *classes = the largest label + 1. More classes than rows are a mistake more
   often than they are meant, such as x in the place of y. */
static pg_status count_classes(size_t *classes, const pg_array *labels,
                               pg_error *err)
{
    const int32_t *label = labels->data;
    size_t n = labels->shape[0], largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = label[i] > label[largest] ? i : largest;
    *classes = n > 0 ? (size_t)label[largest] + 1 : 1;
    if (n > 0 && *classes > n)
        return pg_fail(err, PG_EARG,
                       "y: the largest label is %zu, in row %zu, where there "
                       "are %zu rows; give classes = %zu if it is meant",
                       *classes - 1, largest + 1, n, *classes);
    return PG_OK;
}

/* The column of the only one in a row of zeros, else -1. */
static int32_t hot_column(const double *row, size_t cols)
{
    int32_t hot = -1;
    for (size_t j = 0; j < cols; j++) {
        bool one = row[j] == 1;
        if ((!one && row[j] != 0) || (one && hot >= 0))
            return -1;
        hot = one ? (int32_t)j : hot;
    }
    return hot;
}

static pg_status read_hot_rows(pg_array *out, const pg_array *rows,
                               pg_error *err)
{
    size_t n = rows->shape[0], cols = rows->shape[1];
    pg_status status = pg_array_new(out, PG_INT32, 1, &n, err);
    if (status != PG_OK)
        return status;
    int32_t *label = out->data;
    PG_EACH_WIDE (cols, i, n) {
        label[i] = hot_column((const double *)rows->data + i * cols, cols);
        if (label[i] < 0) {
            pg_array_release(out);
            return pg_fail(err, PG_EARG,
                           "y: row %zu is not one-hot: it must be zeros and "
                           "a single one",
                           i + 1);
        }
    }
    return pg_array_end(out, PG_OK, err);
}

static pg_status labels_of_rows(pg_array *out, size_t *classes,
                                const pg_array *y, pg_error *err)
{
    pg_array rows;
    char text[PG_SHAPE_TEXT];
    if (*classes && *classes != y->shape[1])
        return pg_fail(err, PG_ESHAPE,
                       "y of shape %s does not have one column for each of "
                       "%zu classes",
                       pg_shape_text(text, y), *classes);
    *classes = y->shape[1];
    pg_status status = pg_array_as(&rows, y, PG_FLOAT64, err);
    if (status == PG_OK)
        status = read_hot_rows(out, &rows, err);
    pg_array_release(&rows);
    return status;
}

pg_status pg_targets_labels(pg_array *out, size_t *classes, const pg_array *y,
                            pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    if (y->ndim == 2)
        return labels_of_rows(out, classes, y, err);
    if (y->ndim != 1)
        return pg_fail(err, PG_ESHAPE,
                       "y must be labels (rank 1) or one-hot rows (rank 2), "
                       "not of shape %s",
                       pg_shape_text(text, y));
    pg_status status = pg_labels_check(out, y, *classes, err);
    if (status == PG_OK && *classes == 0)
        status = count_classes(classes, out, err);
    return pg_array_end(out, status, err);
}

static pg_status check_labels(const pg_array *labels, size_t classes,
                              pg_error *err)
{
    const int32_t *label = labels->data;
    for (size_t i = 0; i < labels->shape[0]; i++)
        if (label[i] < 0 || (size_t)label[i] >= classes)
            return pg_fail(err, PG_EARG,
                           "y: row %zu is %ld, outside the classes 0 to %zu",
                           i + 1, (long)label[i], classes - 1);
    return PG_OK;
}

pg_status pg_targets_copy(pg_array *out, const pg_array *labels,
                          const pg_array *x, size_t classes, pg_error *err)
{
    char tx[PG_SHAPE_TEXT], ty[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    if (x->shape[0] == 0)
        return pg_fail(err, PG_ESHAPE, "x of shape %s has no rows",
                       pg_shape_text(tx, x));
    if (labels->ndim != 1 || labels->shape[0] != x->shape[0])
        return pg_fail(err, PG_ESHAPE,
                       "y of shape %s does not fit x of shape %s: it must "
                       "have as many rows",
                       pg_shape_text(ty, labels), pg_shape_text(tx, x));
    if (labels->dtype != PG_INT32)
        return pg_fail(err, PG_EDTYPE, "labels must be int32, not %s",
                       pg_dtype_name(labels->dtype));
    pg_status status = pg_array_copy(out, labels, err);
    if (status == PG_OK)
        status = check_labels(out, classes, err);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}

/* --- rows ----------------------------------------------------------------- */

pg_status pg_targets_rows(pg_array *out, const pg_array *y, const pg_array *a,
                          pg_dtype dtype, pg_error *err)
{
    char ty[PG_SHAPE_TEXT], ta[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    bool fits = y->ndim == 1 ? a->ndim == 2 && y->shape[0] == a->shape[0]
                             : y->ndim == 2 && pg_array_same_shape(y, a);
    if (!fits)
        return pg_fail(err, PG_ESHAPE,
                       "y of shape %s does not fit activations of shape %s%s",
                       pg_shape_text(ty, y), pg_shape_text(ta, a),
                       pg_column_hint(y));
    if (y->ndim == 1)
        return pg_onehot(out, y, a->shape[1], dtype, err);
    return pg_array_as(out, y, dtype, err);
}
