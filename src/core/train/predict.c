/* Forward passes whose results are predictions or an evaluation. */

#include "train/predict.h"

#include <stdatomic.h>
#include <string.h>

#include "base/interrupt.h"
#include "kernels/kernels.h"
#include "train/pass.h"

/* The results for which the rows of a pass are read. */
typedef struct prediction {
    pg_pass pass;
    int64_t *labels;           /* (n) predicted; NULL: not wanted */
    char *outputs;             /* (n, outputs); NULL: not wanted */
    char *probabilities;       /* (n, classes); NULL: not wanted */
    const pg_targets *targets; /* NULL: not known, and the loss is 0 */
    double loss;               /* of all rows */
    atomic_size_t non_finite;  /* first row of the first such block, or n */
} prediction;

/* labels (n) = the column of the largest of each row of a (n, classes). */
static void most_likely(int64_t *labels, const pg_layout *layout, const void *a,
                        size_t n)
{
    size_t classes = pg_layout_outputs(layout);
    PG_EXPECT_FLOATS(2);
    for (size_t i = 0; i < n; i++) {
        const float *f = (const float *)a + i * classes;
        const double *d = (const double *)a + i * classes;
        size_t best = 0;
        for (size_t j = 1; j < classes; j++)
            if (layout->dtype == PG_FLOAT32 ? f[j] > f[best] : d[j] > d[best])
                best = j;
        labels[i] = (int64_t)best;
    }
}

/* labels (n) = 1 where the score z (n) is above 0, else 0. */
static void above_zero(int64_t *labels, const pg_layout *layout, const void *z,
                       size_t n)
{
    PG_EXPECT_FLOATS(2);
    for (size_t i = 0; i < n; i++)
        labels[i] = layout->dtype == PG_FLOAT32 ? ((const float *)z)[i] > 0
                                                : ((const double *)z)[i] > 0;
}

/* p (n, 2) = sigmoid(-z) and sigmoid(z) of the scores z (n). */
static void both_probabilities(void *p, const pg_layout *layout, const void *z,
                               size_t n)
{
    PG_EXPECT_FLOATS(2);
    for (size_t i = 0; i < n; i++)
        if (layout->dtype == PG_FLOAT32) {
            float score = ((const float *)z)[i];
            ((float *)p)[2 * i] = -score;
            ((float *)p)[2 * i + 1] = score;
        } else {
            double score = ((const double *)z)[i];
            ((double *)p)[2 * i] = -score;
            ((double *)p)[2 * i + 1] = score;
        }
    pg_kernels_for(layout->dtype)->function[PG_SIGMOID](p, p, 2 * n);
}

/* w->a from rows first .. of x; false where a number of x is not finite. */
static bool forward_rows(const prediction *p, const pg_workspace *w,
                         size_t first, size_t n)
{
    const pg_rows *rows = &p->pass.rows;
    pg_step_rows block = {
        .x = pg_rows_block(rows, w->x, first, n), .first = first, .n = n};
    if (pg_rows_may_be_infinite(rows) && !pg_rows_finite(rows, &block.x, n))
        return false;
    pg_step_forward(w, p->pass.weights, &block);
    return true;
}

/* pg_block_work */
static double predict_block(void *context, const pg_workspace *w,
                            pg_gradients *gradients, size_t first, size_t n)
{
    prediction *p = context;
    const pg_layout *layout = &p->pass.layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t outputs = pg_layout_outputs(layout);
    size_t size = pg_dtype_size(layout->dtype);
    void *a = w->a[layout->layers - 1];
    (void)gradients;
    if (!forward_rows(p, w, first, n) || !k->all_finite(a, n * outputs)) {
        size_t row = atomic_load(&p->non_finite);
        while (first < row &&
               !atomic_compare_exchange_weak(&p->non_finite, &row, first))
            continue;
        return 0;
    }
    bool is_binary = layout->loss == PG_LOSS_BINARY_CROSS_ENTROPY;
    if (p->labels)
        (is_binary ? above_zero : most_likely)(p->labels + first, layout, a, n);
    if (p->probabilities && is_binary)
        both_probabilities(p->probabilities + 2 * first * size, layout, a, n);
    else if (p->probabilities)
        memcpy(p->probabilities + first * outputs * size, a,
               n * outputs * size);
    if (p->outputs)
        memcpy(p->outputs + first * outputs * size, a, n * outputs * size);
    if (!p->targets)
        return 0;
    pg_target_block targets =
        pg_targets_block(p->targets, w->labels, w->targets, NULL, first, n);
    return pg_step_loss(w, &targets, 1, n);
}

/* Names the number of x, or else the row, by which the block of rows that
   begins with `first` is not finite. */
static pg_status fail_block(const prediction *p, size_t first, pg_error *err)
{
    const pg_workspace *w = &p->pass.shards.workspace[0];
    const pg_layout *layout = &p->pass.layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t outputs = pg_layout_outputs(layout);
    size_t row_bytes = outputs * pg_dtype_size(layout->dtype);
    size_t n =
        pg_size_min(pg_workspace_rows(layout), p->pass.rows.x.shape[0] - first);
    pg_status status = pg_rows_check(&p->pass.rows, w->x, first, n, err);
    if (status != PG_OK)
        return status;
    forward_rows(p, w, first, n);
    if (pg_interrupted())
        return pg_check_interrupt(err);
    const char *a = w->a[layout->layers - 1];
    size_t i = 0;
    while (i + 1 < n && k->all_finite(a + i * row_bytes, outputs))
        i++;
    return pg_fail(err, PG_EFINITE,
                   "x: row %zu gets %s that are not finite: weights are too "
                   "large, or not finite",
                   first + i + 1,
                   layout->loss == PG_LOSS_CROSS_ENTROPY ? "probabilities"
                                                         : "outputs");
}

static pg_status predict(prediction *p, const pg_network *network,
                         const pg_array *x, double scale, pg_error *err)
{
    size_t n = x->shape[0];
    p->non_finite = n;
    pg_status status =
        pg_pass_start(&p->pass, network, x, scale, network->W[0]->dtype, err);
    if (status == PG_OK)
        status = pg_pass_run(&p->pass, predict_block, p, err);
    if (status == PG_OK)
        p->loss = p->pass.shards.sums[0].loss;
    if (status == PG_OK && p->non_finite < n)
        status = fail_block(p, p->non_finite, err);
    pg_pass_end(&p->pass);
    return status;
}

static size_t outputs_of(const pg_network *network)
{
    return network->W[network->layers - 1]->shape[0];
}

/* Makes *out (n, columns) for the rows of x. */
static pg_status new_rows(pg_array *out, const pg_network *network,
                          const pg_array *x, size_t columns, pg_error *err)
{
    size_t shape[2] = {x->shape[0], columns};
    return pg_array_new(out, network->W[0]->dtype, 2, shape, err);
}

/* Makes *out for what is predicted by the loss, and has p fill it. */
static pg_status new_predictions(pg_array *out, prediction *p,
                                 const pg_network *network, const pg_array *x,
                                 pg_error *err)
{
    bool is_real = network->loss == PG_LOSS_MSE;
    pg_status status = is_real
                           ? new_rows(out, network, x, outputs_of(network), err)
                           : pg_array_new(out, PG_INT64, 1, x->shape, err);
    if (status != PG_OK)
        return status;
    p->outputs = is_real ? out->data : NULL;
    p->labels = is_real ? NULL : out->data;
    return PG_OK;
}

pg_status pg_network_predict(pg_array *out, const pg_network *network,
                             const pg_array *x, double scale, pg_error *err)
{
    prediction p = {0};
    memset(out, 0, sizeof *out);
    pg_status status = pg_network_check_input(network, x, err);
    if (status == PG_OK)
        status = new_predictions(out, &p, network, x, err);
    if (status != PG_OK)
        return status;
    return pg_array_end(out, predict(&p, network, x, scale, err), err);
}

pg_status pg_network_predict_proba(pg_array *out, const pg_network *network,
                                   const pg_array *x, double scale,
                                   pg_error *err)
{
    prediction p = {0};
    memset(out, 0, sizeof *out);
    pg_status status = pg_network_check_input(network, x, err);
    if (status == PG_OK && network->loss == PG_LOSS_MSE)
        return pg_fail(err, PG_EARG,
                       "a network with the loss mse has no classes, and gives "
                       "no probabilities");
    if (status == PG_OK)
        status = new_rows(out, network, x,
                          network->loss == PG_LOSS_BINARY_CROSS_ENTROPY
                              ? 2
                              : outputs_of(network),
                          err);
    if (status != PG_OK)
        return status;
    p.probabilities = out->data;
    return pg_array_end(out, predict(&p, network, x, scale, err), err);
}

/* --- evaluation ----------------------------------------------------------- */

/* Counts the labels that were predicted right, and all pairs of them. */
static void count_labels(pg_evaluation *evaluation, pg_array *confusion,
                         const int32_t *labels, const int64_t *predicted,
                         size_t n)
{
    size_t right = 0;
    int64_t *counts = confusion ? confusion->data : NULL;
    for (size_t i = 0; i < n; i++) {
        right += labels[i] == predicted[i];
        if (counts)
            counts[(size_t)labels[i] * confusion->shape[1] +
                   (size_t)predicted[i]]++;
    }
    evaluation->accuracy = (double)right / (double)n;
}

static pg_status evaluate(pg_evaluation *evaluation, pg_array *confusion,
                          pg_array *predicted, const pg_network *network,
                          const pg_array *x, double scale,
                          const pg_targets *targets, pg_error *err)
{
    const int32_t *labels = targets->labels.data;
    double divisor;
    size_t n = x->shape[0];
    prediction p = {.targets = targets};
    pg_status status = pg_targets_divisor(&divisor, targets, NULL, n, err);
    if (status == PG_OK)
        status = new_predictions(predicted, &p, network, x, err);
    if (status == PG_OK)
        status = predict(&p, network, x, scale, err);
    if (status != PG_OK)
        return status;
    *evaluation =
        (pg_evaluation){.loss = p.loss / divisor, .has_labels = labels != NULL};
    if (labels) {
        count_labels(evaluation, confusion, labels, p.labels, n);
        pg_array_release(predicted);
    }
    return PG_OK;
}

pg_status pg_network_evaluate(pg_evaluation *evaluation, pg_array *confusion,
                              pg_array *predicted, const pg_network *network,
                              const pg_array *x, double scale,
                              const pg_array *y, const pg_loss_options *options,
                              pg_error *err)
{
    pg_targets targets;
    pg_layout layout;
    char tx[PG_SHAPE_TEXT];
    memset(predicted, 0, sizeof *predicted);
    if (confusion)
        memset(confusion, 0, sizeof *confusion);
    pg_status status = pg_network_check_input(network, x, err);
    if (status == PG_OK && x->shape[0] == 0)
        status = pg_fail(err, PG_ESHAPE, "x of shape %s has no rows",
                         pg_shape_text(tx, x));
    if (status != PG_OK)
        return status;
    pg_layout_of(&layout, network);
    status = pg_targets_new(&targets, y, x, &layout, options, err);
    size_t shape[2] = {targets.columns, targets.columns};
    if (status == PG_OK && confusion && targets.labels.data)
        status = pg_array_zeros(confusion, PG_INT64, 2, shape, err);
    if (status == PG_OK)
        status = evaluate(evaluation, confusion, predicted, network, x, scale,
                          &targets, err);
    if (status != PG_OK) {
        pg_array_release(predicted);
        if (confusion)
            pg_array_release(confusion);
    }
    pg_targets_release(&targets);
    return status;
}
