#include "predict.h"

#include <string.h>

#include "kernels.h"
#include "pass.h"
#include "targets.h"

typedef struct prediction {
    pg_pass pass;
    int64_t *labels;            /* what is predicted */
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

/* Whether the block's numbers were finite: pg_pass_work. */
static bool predict_block(void *context, const pg_block *block, size_t first,
                          size_t rows)
{
    const prediction *p = context;
    const pg_layout *layout = &p->pass.layout;
    const pg_rows *x = &p->pass.rows;
    pg_inputs inputs = {.x = pg_rows_block(x, block->x, first, rows)};
    if (pg_rows_may_be_infinite(x) && !pg_rows_finite(x, inputs.x, rows))
        return false;
    pg_block_forward(block, layout, p->pass.weights, &inputs, rows);
    void *a = block->a[layout->layers - 1];
    most_likely(p->labels + first, layout, a, rows);
    if (p->true_labels)
        p->losses[first / pg_block_rows(layout)] =
            pg_kernels_for(layout->dtype)
                ->cross_entropy_gradient(a, p->true_labels + first, 1, rows,
                                         layout->width[layout->layers]);
    return true;
}

static pg_status predict_blocks(prediction *p, pg_error *err)
{
    size_t wrong, n = p->pass.rows.x.shape[0];
    pg_status status = pg_pass_run(&p->pass, predict_block, p, &wrong, err);
    if (status != PG_OK || wrong == n)
        return status;
    return pg_rows_check(&p->pass.rows, p->pass.blocks.of[0].x, wrong,
                         pg_size_min(pg_block_rows(&p->pass.layout), n - wrong),
                         err);
}

static pg_status predict(prediction *p, pg_array *labels,
                         const pg_network *network, const pg_array *x,
                         double scale, pg_error *err)
{
    pg_status status = pg_array_new(labels, PG_INT64, 1, x->shape, err);
    if (status != PG_OK)
        return status;
    p->labels = labels->data;
    status =
        pg_pass_start(&p->pass, network, x, scale, network->W[0]->dtype, err);
    if (status == PG_OK)
        status = predict_blocks(p, err);
    pg_pass_end(&p->pass);
    if (status != PG_OK)
        pg_array_release(labels);
    return status;
}

pg_status pg_network_predict(pg_array *out, const pg_network *network,
                             const pg_array *x, double scale, pg_error *err)
{
    prediction p = {0};
    memset(out, 0, sizeof *out);
    pg_status status = pg_network_check_input(network, x, err);
    if (status == PG_OK)
        status = predict(&p, out, network, x, scale, err);
    return status;
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
    pg_array labels, losses;
    size_t n = x->shape[0];
    pg_layout_of(&layout, network);
    size_t blocks = pg_size_divide_up(n, pg_block_rows(&layout));
    prediction p = {.true_labels = true_labels->data};
    pg_status status = pg_array_new(&losses, PG_FLOAT64, 1, &blocks, err);
    if (status != PG_OK)
        return status;
    p.losses = losses.data;
    status = predict(&p, &labels, network, x, scale, err);
    if (status == PG_OK) {
        evaluation->loss = 0;
        for (size_t i = 0; i < blocks; i++)
            evaluation->loss += p.losses[i];
        evaluation->loss /= (double)n;
        evaluation->accuracy =
            (double)count_right(p.true_labels, p.labels, n) / (double)n;
        if (confusion)
            count(confusion, p.true_labels, p.labels, n);
        pg_array_release(&labels);
    }
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
