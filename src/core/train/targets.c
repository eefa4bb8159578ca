/* Labels, probabilities and real numbers that a network is to learn. */

#include "train/targets.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "array/copy.h"
#include "array/create.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "kernels/kernels.h"
#include "ops/labels.h"

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

/* --- reading y ------------------------------------------------------------ */

/* y (n) or (n, columns) as rows (n, columns) of float64. */
static pg_status rows_of(pg_array *rows, const pg_array *y, pg_error *err)
{
    size_t shape[2] = {y->shape[0], y->ndim == 2 ? y->shape[1] : 1};
    pg_array copy;
    pg_status status = pg_array_as(&copy, y, PG_FLOAT64, err);
    if (status == PG_OK)
        status = pg_array_reshape(rows, &copy, 2, shape, err);
    pg_array_release(&copy);
    return status;
}

/* The first row that is not probabilities which add up to 1, or n; *sum is its
   sum. */
static size_t find_improbable(double *sum, const pg_array *rows)
{
    size_t n = rows->shape[0], cols = rows->shape[1];
    const double *y = rows->data;
    PG_EACH_WIDE (cols, i, n) {
        bool fits = true;
        *sum = 0;
        for (size_t j = 0; j < cols; j++) {
            fits = fits && y[i * cols + j] >= 0;
            *sum += y[i * cols + j];
        }
        /* Rows that were computed in float32 pass. */
        if (!fits || !(fabs(*sum - 1) <= 1e-4))
            return i;
    }
    return n;
}

static pg_status read_probabilities(pg_array *out, size_t *classes,
                                    const pg_array *y, pg_dtype dtype,
                                    pg_error *err)
{
    pg_array rows = {0};
    double sum = 0;
    pg_status status = pg_array_as(&rows, y, PG_FLOAT64, err);
    size_t row = status == PG_OK ? find_improbable(&sum, &rows) : 0;
    if (status == PG_OK && row < y->shape[0] && !pg_interrupted())
        status = pg_fail(err, PG_EARG,
                         "y: row %zu is not one-hot: it must be zeros and a "
                         "single one, or probabilities that add up to 1 (its "
                         "sum is %g)",
                         row + 1, isnan(sum) ? (double)NAN : sum); /* no sign */
    if (status == PG_OK)
        status = pg_array_astype(out, &rows, dtype, err);
    *classes = y->shape[1];
    pg_array_release(&rows);
    return pg_array_end(out, status, err);
}

/* The first element below `least`, above `most` or NaN, or the number of
   elements. */
static size_t find_outside(const pg_array *rows, double least, double most)
{
    size_t n = pg_array_size(rows);
    const double *y = rows->data;
    PG_EACH (i, n)
        if (!(y[i] >= least && y[i] <= most))
            return i;
    return n;
}

/* True where all elements are 0 or 1. */
static bool are_binary(const pg_array *rows)
{
    const double *y = rows->data;
    PG_EACH (i, pg_array_size(rows))
        if (y[i] != 0 && y[i] != 1)
            return false;
    return true;
}

static pg_status read_binary(pg_array *out, const pg_array *y, pg_dtype dtype,
                             pg_error *err)
{
    pg_array rows = {0}, labels = {0};
    char text[PG_SHAPE_TEXT];
    if (y->ndim != 1 && (y->ndim != 2 || y->shape[1] != 1))
        return pg_fail(err, PG_ESHAPE,
                       "y must be labels 0 and 1 (rank 1) for "
                       "binary_cross_entropy, not of shape %s",
                       pg_shape_text(text, y));
    pg_status status = rows_of(&rows, y, err);
    bool is_soft = status == PG_OK && !are_binary(&rows);
    size_t row = is_soft ? find_outside(&rows, 0, 1) : rows.shape[0];
    const double *p = rows.data;
    if (status == PG_OK && row < rows.shape[0])
        status = pg_fail(err, PG_EARG,
                         "y: row %zu is %g; binary_cross_entropy takes the "
                         "labels 0 and 1, or probabilities",
                         row + 1,
                         isnan(p[row]) ? (double)NAN : p[row]); /* no sign */
    if (status == PG_OK && is_soft)
        status = pg_array_astype(out, &rows, dtype, err);
    else if (status == PG_OK)
        status = pg_array_reshape(&labels, &rows, 1, rows.shape, err);
    if (status == PG_OK && !is_soft)
        status = pg_array_astype(out, &labels, PG_INT32, err);
    pg_array_release(&labels);
    pg_array_release(&rows);
    return pg_array_end(out, status, err);
}

static size_t numbers_of_a_row(const pg_array *y)
{
    size_t count = 1;
    for (int i = 1; i < y->ndim; i++)
        count *= y->shape[i];
    return count;
}

static pg_status read_real(pg_array *out, const pg_array *y, pg_dtype dtype,
                           pg_error *err)
{
    pg_array numbers = {0}, column = {0};
    size_t shape[2] = {y->shape[0], 1};
    size_t n = pg_array_size(y), row = pg_size_max(1, numbers_of_a_row(y));
    PG_EXPECT_FLOATS(2);
    pg_status status = pg_array_as(&numbers, y, PG_FLOAT64, err);
    double most = dtype == PG_FLOAT32 ? (double)FLT_MAX : DBL_MAX;
    size_t at = status == PG_OK ? find_outside(&numbers, -most, most) : n;
    if (at < n) {
        double number = ((const double *)numbers.data)[at];
        char column_text[32] = "";
        if (y->ndim > 1)
            snprintf(column_text, sizeof column_text, ", column %zu",
                     at % row + 1);
        status =
            pg_fail(err, PG_EFINITE, "y: row %zu%s is %g, and not finite%s",
                    at / row + 1, column_text,
                    isnan(number) ? (double)NAN : number, /* no sign */
                    isfinite(number) ? " in float32" : "");
    }
    if (status == PG_OK && y->ndim == 1)
        status = pg_array_reshape(&column, &numbers, 2, shape, err);
    if (status == PG_OK)
        status =
            pg_array_astype(out, y->ndim == 1 ? &column : &numbers, dtype, err);
    pg_array_release(&column);
    pg_array_release(&numbers);
    return pg_array_end(out, status, err);
}

/* PG_ESHAPE unless *outputs, where it is given, is what y has. */
static pg_status check_outputs(size_t *outputs, size_t found, const pg_array *y,
                               pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    if (*outputs && *outputs != found)
        return pg_fail(err, PG_ESHAPE,
                       "y of shape %s has %zu numbers in a row, and the "
                       "scores have %zu",
                       pg_shape_text(text, y), found, *outputs);
    *outputs = found;
    return PG_OK;
}

pg_status pg_targets_read(pg_array *out, size_t *outputs, const pg_array *y,
                          pg_loss loss, pg_dtype dtype, pg_error *err)
{
    pg_status status;
    pg_error discarded;
    char text[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    pg_assert(pg_dtype_is_float(dtype));
    if (y->ndim == 0)
        return pg_fail(err, PG_ESHAPE, "y of shape %s has no rows",
                       pg_shape_text(text, y));
    switch (loss) {
    case PG_LOSS_BINARY_CROSS_ENTROPY:
        status = check_outputs(outputs, 1, y, err);
        return status == PG_OK ? read_binary(out, y, dtype, err) : status;
    case PG_LOSS_MSE:
        status = check_outputs(outputs, numbers_of_a_row(y), y, err);
        return status == PG_OK ? read_real(out, y, dtype, err) : status;
    case PG_LOSS_CROSS_ENTROPY:
    case PG_LOSSES:
        break;
    }
    status =
        pg_targets_labels(out, outputs, y, y->ndim == 2 ? &discarded : err);
    if (y->ndim != 2 || status == PG_OK)
        return status;
    if (status == PG_EARG && pg_dtype_is_float(y->dtype)) /* not one-hot */
        return read_probabilities(out, outputs, y, dtype, err);
    *err = discarded;
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

/* --- targets of a loss ---------------------------------------------------- */

static pg_status check_rows(const pg_array *y, const pg_array *x,
                            const pg_layout *layout, pg_error *err)
{
    char tx[PG_SHAPE_TEXT], ty[PG_SHAPE_TEXT];
    bool are_labels = y->ndim == 1 && layout->loss != PG_LOSS_MSE;
    if (y->ndim < 1 || y->shape[0] != x->shape[0])
        return pg_fail(err, PG_ESHAPE,
                       "y of shape %s does not fit x of shape %s: it must "
                       "have as many rows",
                       pg_shape_text(ty, y), pg_shape_text(tx, x));
    if (!are_labels &&
        (y->ndim != 2 || y->shape[1] != pg_layout_outputs(layout)))
        return pg_fail(err, PG_ESHAPE,
                       "y of shape %s does not fit a network with %zu outputs",
                       pg_shape_text(ty, y), pg_layout_outputs(layout));
    if (are_labels && y->dtype != PG_INT32)
        return pg_fail(err, PG_EDTYPE, "labels must be int32, not %s",
                       pg_dtype_name(y->dtype));
    if (!are_labels && y->dtype != layout->dtype)
        return pg_fail(err, PG_EDTYPE, "rows of targets must be %s, not %s",
                       pg_dtype_name(layout->dtype), pg_dtype_name(y->dtype));
    return PG_OK;
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

static pg_status check_options(const pg_layout *layout,
                               const pg_loss_options *options, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    double s = options->label_smoothing;
    const pg_array *weight = options->class_weight;
    if (layout->loss == PG_LOSS_BINARY_CROSS_ENTROPY &&
        pg_layout_outputs(layout) != 1)
        return pg_fail(err, PG_ESHAPE,
                       "binary_cross_entropy has one output, and the network "
                       "has %zu",
                       pg_layout_outputs(layout));
    if (layout->loss == PG_LOSS_MSE && (s != 0 || weight))
        return pg_fail(err, PG_EARG,
                       "mse has no classes, and no label_smoothing or "
                       "class_weight");
    if (!(s >= 0 && s <= 1))
        return pg_fail(err, PG_EARG, "label_smoothing is %g, not within 0 to 1",
                       s);
    if (!weight)
        return PG_OK;
    if (weight->dtype != PG_FLOAT64)
        return pg_fail(err, PG_EDTYPE, "class_weight must be float64, not %s",
                       pg_dtype_name(weight->dtype));
    if (weight->ndim != 1 || weight->shape[0] != pg_targets_columns(layout))
        return pg_fail(err, PG_ESHAPE,
                       "class_weight of shape %s does not have a weight for "
                       "each of %zu classes",
                       pg_shape_text(text, weight), pg_targets_columns(layout));
    return PG_OK;
}

/* Copies the class weights, and makes scale and shift. */
static pg_status take_options(pg_targets *t, const pg_layout *layout,
                              const pg_loss_options *options, pg_error *err)
{
    double s = options->label_smoothing;
    pg_array scale = {0}, shift = {0};
    bool are_plain = s == 0 && !options->class_weight;
    pg_status status = PG_OK;
    if (options->class_weight)
        status = pg_array_copy(&t->class_weight, options->class_weight, err);
    const double *weight = t->class_weight.data;
    for (size_t c = 0; c < t->columns && weight && status == PG_OK; c++)
        if (!(weight[c] >= 0 && weight[c] < INFINITY))
            status = pg_fail(err, PG_EARG,
                             "class_weight: that of class %zu is %g; weights "
                             "are finite and not below 0",
                             c, weight[c]);
    if (status != PG_OK ||
        (are_plain && (t->rows.data || layout->loss == PG_LOSS_CROSS_ENTROPY)))
        return status;
    status = pg_array_zeros(&scale, PG_FLOAT64, 1, &t->columns, err);
    if (status == PG_OK)
        status = pg_array_zeros(&shift, PG_FLOAT64, 1, &t->columns, err);
    for (size_t c = 0; c < t->columns && status == PG_OK; c++) {
        double w = weight ? weight[c] : 1;
        ((double *)scale.data)[c] = w * (1 - s);
        ((double *)shift.data)[c] = w * s / (double)t->columns;
    }
    if (status == PG_OK)
        status = pg_array_astype(&t->scale, &scale, layout->dtype, err);
    if (status == PG_OK)
        status = pg_array_astype(&t->shift, &shift, layout->dtype, err);
    pg_array_release(&scale);
    pg_array_release(&shift);
    return status;
}

/* *rows (n, 2) = 1 - y and y, for probabilities y (n, 1) of class 1. */
static pg_status both_classes(pg_array *rows, const pg_array *y, pg_error *err)
{
    pg_array wide;
    size_t n = y->shape[0], shape[2] = {n, 2};
    memset(rows, 0, sizeof *rows);
    pg_status status = pg_array_new(&wide, PG_FLOAT64, 2, shape, err);
    if (status != PG_OK)
        return status;
    pg_array ones = wide, zeros = wide;
    ones.shape[1] = zeros.shape[1] = 1;
    ones.data = (double *)wide.data + 1;
    status = pg_array_assign(&ones, y, err);
    double *p = wide.data;
    PG_EACH (i, status == PG_OK ? n : 0)
        p[2 * i] = 1 - p[2 * i + 1];
    if (status == PG_OK)
        status = pg_array_astype(rows, &wide, y->dtype, err);
    pg_array_release(&wide);
    return pg_array_end(rows, status, err);
}

size_t pg_targets_columns(const pg_layout *layout)
{
    return layout->loss == PG_LOSS_BINARY_CROSS_ENTROPY
               ? 2
               : pg_layout_outputs(layout);
}

pg_status pg_targets_new(pg_targets *t, const pg_array *y, const pg_array *x,
                         const pg_layout *layout,
                         const pg_loss_options *options, pg_error *err)
{
    *t = (pg_targets){.columns = pg_targets_columns(layout),
                      .are_real = layout->loss == PG_LOSS_MSE};
    pg_status status = check_options(layout, options, err);
    if (status == PG_OK)
        status = check_rows(y, x, layout, err);
    if (status == PG_OK && y->ndim == 1)
        status = pg_array_copy(&t->labels, y, err);
    else if (status == PG_OK && t->columns != y->shape[1])
        status = both_classes(&t->rows, y, err);
    else if (status == PG_OK)
        status = pg_array_copy(&t->rows, y, err);
    if (status == PG_OK && t->labels.data)
        status = check_labels(&t->labels, t->columns, err);
    if (status == PG_OK)
        status = take_options(t, layout, options, err);
    if (status != PG_OK)
        pg_targets_release(t);
    return status;
}

void pg_targets_release(pg_targets *t)
{
    pg_array_release(&t->labels);
    pg_array_release(&t->rows);
    pg_array_release(&t->class_weight);
    pg_array_release(&t->scale);
    pg_array_release(&t->shift);
}

const pg_array *pg_targets_array(const pg_targets *t)
{
    return t->rows.data ? &t->rows : &t->labels;
}

bool pg_targets_weigh_labels(const pg_targets *t)
{
    return t->labels.data && t->class_weight.data;
}

void pg_targets_count(int64_t *counts, const pg_targets *t,
                      const int64_t *batch, size_t n)
{
    const int32_t *label = t->labels.data;
    for (size_t i = 0; i < n; i++)
        counts[label[batch ? (size_t)batch[i] - 1 : i]]++;
}

/* The sum of the weights of so many labels of each class: the order of rows is
   no matter. */
static double weight_of(const pg_targets *t, const int64_t *counts)
{
    const double *weight = t->class_weight.data;
    double sum = 0;
    for (size_t c = 0; c < t->columns; c++)
        sum += weight[c] * (double)counts[c];
    return sum;
}

static pg_status check_divisor(double divisor, size_t n, pg_error *err)
{
    if (divisor > 0)
        return PG_OK;
    return pg_fail(err, PG_EARG,
                   "class_weight: the classes of all %zu rows have the "
                   "weight 0",
                   n);
}

pg_status pg_targets_divisor_of(double *divisor, const pg_targets *t, size_t n,
                                const int64_t *counts, pg_error *err)
{
    *divisor = (double)n * (t->are_real ? (double)t->columns : 1);
    if (!pg_targets_weigh_labels(t))
        return PG_OK;
    *divisor = weight_of(t, counts);
    return check_divisor(*divisor, n, err);
}

pg_status pg_targets_weight(double *weight, const pg_targets *t,
                            const int64_t *batch, size_t n, pg_error *err)
{
    const size_t bytes = t->columns * sizeof(int64_t);
    int64_t *counts = pg_malloc(bytes);
    if (!counts)
        return pg_fail_memory(err, bytes);
    memset(counts, 0, bytes);
    pg_targets_count(counts, t, batch, n);
    *weight = weight_of(t, counts);
    pg_free(counts, bytes);
    return PG_OK;
}

pg_status pg_targets_divisor(double *divisor, const pg_targets *t,
                             const int64_t *batch, size_t n, pg_error *err)
{
    if (!pg_targets_weigh_labels(t))
        return pg_targets_divisor_of(divisor, t, n, NULL, err);
    pg_status status = pg_targets_weight(divisor, t, batch, n, err);
    return status == PG_OK ? check_divisor(*divisor, n, err) : status;
}

/* The rows (n, columns) at positions, one after the other. */
static void gather_rows(void *out, const pg_array *rows,
                        const int64_t *positions, size_t n)
{
    size_t bytes = rows->shape[1] * pg_dtype_size(rows->dtype);
    for (size_t i = 0; i < n; i++)
        memcpy((char *)out + i * bytes,
               (const char *)rows->data + (size_t)(positions[i] - 1) * bytes,
               bytes);
}

pg_target_block pg_targets_block(const pg_targets *t, int32_t *labels,
                                 void *rows, const int64_t *batch, size_t first,
                                 size_t n)
{
    pg_target_block block = {0};
    const pg_kernels *k;
    const int32_t *label = t->labels.data;
    if (label && batch) {
        for (size_t i = 0; i < n; i++)
            labels[i] = label[batch[i] - 1];
        block.labels = labels;
    } else if (label)
        block.labels = label + first;
    else if (batch) {
        gather_rows(rows, &t->rows, batch, n);
        block.rows = rows;
    } else
        block.rows = (const char *)t->rows.data +
                     first * t->columns * pg_dtype_size(t->rows.dtype);
    if (!t->scale.data)
        return block;
    k = pg_kernels_for(t->scale.dtype);
    if (label)
        k->targets_of_labels(rows, block.labels, t->scale.data, t->shift.data,
                             n, t->columns);
    else
        k->targets_of_rows(rows, block.rows, t->scale.data, t->shift.data, n,
                           t->columns);
    return (pg_target_block){.rows = rows};
}
