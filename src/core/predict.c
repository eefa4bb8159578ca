#include "predict.h"

#include <string.h>

#include "pass.h"

typedef struct prediction {
    pg_pass pass;
    int64_t *labels;
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
    most_likely(p->labels + first, layout, block->a[layout->layers - 1], rows);
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
    status =
        pg_pass_start(&p.pass, network, x, scale, network->W[0]->dtype, err);
    if (status == PG_OK)
        status = predict_blocks(&p, err);
    pg_pass_end(&p.pass);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}
