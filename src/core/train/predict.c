#include "train/predict.h"

#include <string.h>

#include "base/interrupt.h"
#include "kernels/kernels.h"
#include "train/pass.h"
#include "train/targets.h"

typedef struct prediction {
    pg_pass pass;
    int64_t *labels;            /* what is predicted; NULL: not wanted */
    char *probabilities;        /* the same, (rows, classes) */
    const int32_t *true_labels; /* NULL: not known */
    double *losses;             /* of each block, where they are */
} prediction;

/* labels (rows) = the column of the largest of each row of a (rows, classes)
 */
static void most_likely(int64_t *labels, const pg_layout *layout, const void *a,
                        size_t rows)
{
    size_t classes = layout->width[layout->layers];
    for (size_t i = 0; i < rows; i++) {
        const float *f = (const float *)a + i * classes;
        const double *d = (const double *)a + i * classes;
        size_t best = 0;
        for (size_t j = 1; j < classes; j++)
            if (layout->dtype == PG_FLOAT32 ? f[j] > f[best] : d[j] > d[best])
                best = j;
        labels[i] = (int64_t)best;
    }
}

/* Runs rows first .. of x through the network, to w->a; false where a
   number of x is not finite. */
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

static size_t classes_of(const pg_layout *layout)
{
    return layout->width[layout->layers];
}

/* pg_pass_work: false where a number or a probability is not finite. */
static bool predict_block(void *context, const pg_workspace *block,
                          size_t first, size_t rows)
{
    const prediction *p = context;
    const pg_layout *layout = &p->pass.layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t classes = classes_of(layout);
    size_t row_bytes = classes * pg_dtype_size(layout->dtype);
    void *a = block->a[layout->layers - 1];
    if (!forward_rows(p, block, first, rows) ||
        !k->all_finite(a, rows * classes))
        return false;
    if (p->labels)
        most_likely(p->labels + first, layout, a, rows);
    if (p->probabilities)
        memcpy(p->probabilities + first * row_bytes, a, rows * row_bytes);
    if (p->true_labels)
        p->losses[first / pg_workspace_rows(layout)] =
            k->cross_entropy_gradient(a, p->true_labels + first, 1, rows,
                                      classes);
    return true;
}

/* Names the number of x, or else the row, by which the block of rows that
   begins with `first` is not finite. */
static pg_status fail_block(const prediction *p, size_t first, pg_error *err)
{
    const pg_workspace *block = &p->pass.threads.of[0];
    const pg_layout *layout = &p->pass.layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t row_bytes = classes_of(layout) * pg_dtype_size(layout->dtype);
    size_t rows =
        pg_size_min(pg_workspace_rows(layout), p->pass.rows.x.shape[0] - first);
    pg_status status = pg_rows_check(&p->pass.rows, block->x, first, rows, err);
    if (status != PG_OK)
        return status;
    forward_rows(p, block, first, rows);
    if (pg_interrupted())
        return pg_check_interrupt(err);
    const char *a = block->a[layout->layers - 1];
    size_t i = 0;
    while (i + 1 < rows && k->all_finite(a + i * row_bytes, classes_of(layout)))
        i++;
    return pg_fail(err, PG_EFINITE,
                   "x: row %zu gets probabilities that are not finite: weights "
                   "are too large, or not finite",
                   first + i + 1);
}

static pg_status predict(prediction *p, const pg_network *network,
                         const pg_array *x, double scale, pg_error *err)
{
    size_t wrong;
    pg_status status =
        pg_pass_start(&p->pass, network, x, scale, network->W[0]->dtype, err);
    if (status == PG_OK)
        status = pg_pass_run(&p->pass, predict_block, p, &wrong, err);
    if (status == PG_OK && wrong < x->shape[0])
        status = fail_block(p, wrong, err);
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

/* --- how good they are ---------------------------------------------------- */

static size_t count_right(const int32_t *true_labels, const int64_t *labels,
                          size_t n)
{
    size_t right = 0;
    for (size_t i = 0; i < n; i++)
        right += true_labels[i] == labels[i];
    return right;
}

/* confusion (classes, classes), zeroed, counts the n rows. */
static void count(const pg_array *confusion, const int32_t *true_labels,
                  const int64_t *labels, size_t n)
{
    int64_t *counts = confusion->data;
    for (size_t i = 0; i < n; i++)
        counts[(size_t)true_labels[i] * confusion->shape[1] +
               (size_t)labels[i]]++;
}

/* The blocks' losses are added in order, so that threads make no difference. */
static pg_status evaluate(pg_evaluation *evaluation, pg_array *confusion,
                          const pg_network *network, const pg_array *x,
                          double scale, const pg_array *true_labels,
                          pg_error *err)
{
    pg_layout layout;
    pg_array labels = {0}, losses = {0};
    size_t n = x->shape[0];
    pg_layout_of(&layout, network);
    size_t blocks = pg_size_divide_up(n, pg_workspace_rows(&layout));
    prediction p = {.true_labels = true_labels->data};
    pg_status status = pg_array_new(&losses, PG_FLOAT64, 1, &blocks, err);
    if (status == PG_OK)
        status = pg_array_new(&labels, PG_INT64, 1, &n, err);
    p.losses = losses.data;
    p.labels = labels.data;
    if (status == PG_OK)
        status = predict(&p, network, x, scale, err);
    if (status == PG_OK) {
        evaluation->loss = 0;
        for (size_t i = 0; i < blocks; i++)
            evaluation->loss += p.losses[i];
        evaluation->loss /= (double)n;
        evaluation->accuracy =
            (double)count_right(p.true_labels, p.labels, n) / (double)n;
        if (confusion)
            count(confusion, p.true_labels, p.labels, n);
    }
    pg_array_release(&labels);
    pg_array_release(&losses);
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
                          &true_labels, err);
    if (status != PG_OK && confusion)
        pg_array_release(confusion);
    pg_array_release(&true_labels);
    return status;
}
