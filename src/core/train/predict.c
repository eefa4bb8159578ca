/* Forward passes whose results are labels, probabilities or an evaluation. */

#include "train/predict.h"

#include <stdatomic.h>
#include <string.h>

#include "base/interrupt.h"
#include "kernels/kernels.h"
#include "train/pass.h"
#include "train/targets.h"

/* The results for which the rows of a pass are read. */
typedef struct prediction {
    pg_pass pass;
    int64_t *labels;            /* (n) predicted; NULL: not wanted */
    char *probabilities;        /* (n, classes) predicted; NULL: not wanted */
    const int32_t *true_labels; /* (n); NULL: not known, and the loss is 0 */
    double loss;                /* of all rows */
    atomic_size_t non_finite;   /* first row of the first such block, or n */
} prediction;

static size_t classes_of(const pg_layout *layout)
{
    return layout->width[layout->layers];
}

/* labels (n) = the column of the largest of each row of a (n, classes). */
static void most_likely(int64_t *labels, const pg_layout *layout, const void *a,
                        size_t n)
{
    size_t classes = classes_of(layout);
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

/* w->a from rows first .. of x; false where a number of x is not finite. */
static bool forward_rows(const prediction *p, const pg_workspace *w,
                         size_t first, size_t n)
{
    const pg_rows *rows = &p->pass.rows;
    pg_row_block x = pg_rows_block(rows, w->x, first, n);
    if (pg_rows_may_be_infinite(rows) && !pg_rows_finite(rows, &x, n))
        return false;
    pg_step_forward(w, p->pass.weights, &x, n);
    return true;
}

/* pg_block_work */
static double predict_block(void *context, const pg_workspace *w,
                            pg_gradients *gradients, size_t first, size_t n)
{
    prediction *p = context;
    const pg_layout *layout = &p->pass.layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t classes = classes_of(layout);
    size_t row_bytes = classes * pg_dtype_size(layout->dtype);
    void *a = w->a[layout->layers - 1];
    (void)gradients;
    if (!forward_rows(p, w, first, n) || !k->all_finite(a, n * classes)) {
        size_t row = atomic_load(&p->non_finite);
        while (first < row &&
               !atomic_compare_exchange_weak(&p->non_finite, &row, first))
            continue;
        return 0;
    }
    if (p->labels)
        most_likely(p->labels + first, layout, a, n);
    if (p->probabilities)
        memcpy(p->probabilities + first * row_bytes, a, n * row_bytes);
    return p->true_labels ? pg_step_loss(w, p->true_labels + first, 1, n) : 0;
}

/* Names the number of x, or else the row, by which the block of rows that
   begins with `first` is not finite. */
static pg_status fail_block(const prediction *p, size_t first, pg_error *err)
{
    const pg_workspace *w = &p->pass.shards.workspace[0];
    const pg_layout *layout = &p->pass.layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t row_bytes = classes_of(layout) * pg_dtype_size(layout->dtype);
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
    while (i + 1 < n && k->all_finite(a + i * row_bytes, classes_of(layout)))
        i++;
    return pg_fail(err, PG_EFINITE,
                   "x: row %zu gets probabilities that are not finite: weights "
                   "are too large, or not finite",
                   first + i + 1);
}

static pg_status predict(prediction *p, const pg_network *network,
                         const pg_array *x, double scale, pg_error *err)
{
    size_t n = x->shape[0];
    p->non_finite = n;
    pg_status status =
        pg_pass_start(&p->pass, network, x, scale, network->W[0]->dtype, err);
    if (status == PG_OK)
        status = pg_shards_run(&p->loss, &p->pass.shards, n, PG_CUT_ALL_ROWS,
                               predict_block, p, err);
    if (status == PG_OK && p->non_finite < n)
        status = fail_block(p, p->non_finite, err);
    pg_pass_end(&p->pass);
    return status;
}

pg_status pg_network_predict(pg_array *out, const pg_network *network,
                             const pg_array *x, double scale, pg_error *err)
{
    memset(out, 0, sizeof *out);
    pg_status status = pg_network_check_input(network, x, err);
    if (status == PG_OK)
        status = pg_array_new(out, PG_INT64, 1, x->shape, err);
    if (status != PG_OK)
        return status;
    prediction p = {.labels = out->data};
    return pg_array_end(out, predict(&p, network, x, scale, err), err);
}

pg_status pg_network_predict_proba(pg_array *out, const pg_network *network,
                                   const pg_array *x, double scale,
                                   pg_error *err)
{
    memset(out, 0, sizeof *out);
    pg_status status = pg_network_check_input(network, x, err);
    if (status != PG_OK)
        return status;
    size_t classes = network->W[network->layers - 1]->shape[0];
    status = pg_array_new(out, network->W[0]->dtype, 2,
                          (const size_t[]){x->shape[0], classes}, err);
    if (status != PG_OK)
        return status;
    prediction p = {.probabilities = out->data};
    return pg_array_end(out, predict(&p, network, x, scale, err), err);
}

/* --- evaluation ----------------------------------------------------------- */

static pg_status evaluate(pg_evaluation *evaluation, pg_array *confusion,
                          const pg_network *network, const pg_array *x,
                          double scale, const int32_t *true_labels,
                          pg_error *err)
{
    pg_array labels = {0};
    size_t n = x->shape[0], right = 0;
    pg_status status = pg_array_new(&labels, PG_INT64, 1, &n, err);
    prediction p = {.true_labels = true_labels, .labels = labels.data};
    if (status == PG_OK)
        status = predict(&p, network, x, scale, err);
    if (status == PG_OK) {
        for (size_t i = 0; i < n; i++) {
            right += true_labels[i] == p.labels[i];
            if (confusion)
                ((int64_t *)confusion
                     ->data)[(size_t)true_labels[i] * confusion->shape[1] +
                             (size_t)p.labels[i]]++;
        }
        evaluation->loss = p.loss / (double)n;
        evaluation->accuracy = (double)right / (double)n;
    }
    pg_array_release(&labels);
    return status;
}

pg_status pg_network_evaluate(pg_evaluation *evaluation, pg_array *confusion,
                              const pg_network *network, const pg_array *x,
                              double scale, const pg_array *labels,
                              pg_error *err)
{
    pg_array true_labels;
    if (confusion)
        memset(confusion, 0, sizeof *confusion);
    pg_status status = pg_network_check_input(network, x, err);
    if (status != PG_OK)
        return status;
    size_t classes = network->W[network->layers - 1]->shape[0];
    status = pg_targets_copy(&true_labels, labels, x, classes, err);
    if (status == PG_OK && confusion)
        status = pg_array_zeros(confusion, PG_INT64, 2,
                                (const size_t[]){classes, classes}, err);
    if (status == PG_OK)
        status = evaluate(evaluation, confusion, network, x, scale,
                          true_labels.data, err);
    if (status != PG_OK && confusion)
        pg_array_release(confusion);
    pg_array_release(&true_labels);
    return status;
}
