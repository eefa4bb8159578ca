#include "predict.h"

#include <omp.h>
#include <string.h>

#include "block.h"
#include "rows.h"
#include "runtime.h"

typedef struct prediction {
    pg_layout layout;
    pg_rows rows;
    size_t n, block_rows;
    int64_t *labels;
    void *weights;
    size_t bytes;
    pg_blocks blocks;
} prediction;

static pg_status start(prediction *p, const pg_array *out,
                       const pg_network *network, const pg_array *x,
                       double scale, pg_error *err)
{
    *p = (prediction){.labels = out->data, .n = x->shape[0]};
    pg_layout_of(&p->layout, network);
    pg_rows_view(&p->rows, x, scale, p->layout.dtype);
    p->block_rows = pg_block_rows(&p->layout);
    p->bytes = p->layout.count * pg_dtype_size(p->layout.dtype);
    p->weights = pg_malloc(p->bytes);
    if (!p->weights)
        return pg_fail_memory(err, p->bytes);
    pg_layout_pack(&p->layout, p->weights, network);
    size_t blocks = (p->n + p->block_rows - 1) / p->block_rows;
    size_t threads =
        pg_size_min(pg_size_min(blocks, PG_MOST_BLOCKS), (size_t)pg_threads());
    return pg_blocks_need(&p->blocks, (int)threads, &p->layout, err);
}

static void end(prediction *p)
{
    pg_blocks_free(&p->blocks);
    pg_free(p->weights, p->bytes);
    pg_rows_release(&p->rows);
}

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

/* Whether the block's numbers were finite. */
static bool predict_block(const prediction *p, const pg_block *block,
                          size_t first)
{
    size_t rows = pg_size_min(p->block_rows, p->n - first);
    pg_matrix x = pg_rows_block(&p->rows, block->x, first, rows);
    if (pg_rows_may_be_infinite(&p->rows) && !pg_rows_finite(&p->rows, x, rows))
        return false;
    pg_block_forward(block, &p->layout, p->weights, &(pg_inputs){.x = x}, rows);
    most_likely(p->labels + first, &p->layout, block->a[p->layout.layers - 1],
                rows);
    return true;
}

static pg_status predict_blocks(prediction *p, pg_error *err)
{
    size_t strange = p->n; /* the first row of the first bad block */
    if (p->n == 0)
        return PG_OK;
#pragma omp parallel for schedule(dynamic, 1) num_threads(p->blocks.count) \
    reduction(min                                                          \
              : strange)
    for (size_t first = 0; first < p->n; first += p->block_rows)
        if (!predict_block(p, &p->blocks.of[omp_get_thread_num()], first))
            strange = pg_size_min(strange, first);
    if (strange == p->n)
        return PG_OK;
    return pg_rows_check(&p->rows, p->blocks.of[0].x, strange,
                         pg_size_min(p->block_rows, p->n - strange), err);
}

pg_status pg_network_predict(pg_array *out, const pg_network *network,
                             const pg_array *x, double scale, pg_error *err)
{
    prediction p;
    memset(out, 0, sizeof *out);
    pg_status status = pg_network_check_input(network, x, err);
    if (status == PG_OK)
        status = pg_array_new(out, PG_INT64, 1, x->shape, err);
    if (status != PG_OK)
        return status;
    status = start(&p, out, network, x, scale, err);
    if (status == PG_OK)
        status = predict_blocks(&p, err);
    end(&p);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}
