#include "forward.h"

#include <omp.h>

#include "block.h"
#include "rows.h"
#include "runtime.h"

/* A block of rows goes through all layers while it is in cache; its activations
   are where they are to stay. */
typedef struct forward {
    pg_layout layout;
    pg_rows rows;
    void *weights;
    size_t bytes, n;
    pg_array *const *a;
    pg_blocks blocks;
} forward;

static void run_block(const forward *f, const pg_block *own, size_t first,
                      size_t rows)
{
    pg_block block = *own;
    pg_inputs inputs = {.x = pg_rows_block(&f->rows, own->x, first, rows)};
    for (int l = 0; l < f->layout.layers; l++)
        block.a[l] = pg_layout_at(&f->layout, f->a[l]->data,
                                  first * f->layout.width[l + 1]);
    pg_block_forward(&block, &f->layout, f->weights, &inputs, rows);
}

static void run_blocks(const forward *f)
{
    size_t step = pg_block_rows(&f->layout);
#pragma omp parallel for schedule(dynamic, 1) num_threads(f->blocks.count)
    for (size_t first = 0; first < f->n; first += step)
        run_block(f, &f->blocks.of[omp_get_thread_num()], first,
                  pg_size_min(step, f->n - first));
}

static pg_status start(forward *f, const pg_network *network, const pg_array *x,
                       pg_error *err)
{
    size_t step = pg_block_rows(&f->layout);
    size_t blocks = pg_size_max(1, (f->n + step - 1) / step);
    size_t threads =
        pg_size_min(pg_size_min(blocks, PG_MOST_BLOCKS), (size_t)pg_threads());
    pg_rows_view(&f->rows, x, 1, f->layout.dtype);
    f->bytes = f->layout.count * pg_dtype_size(f->layout.dtype);
    f->weights = pg_malloc(f->bytes);
    if (!f->weights)
        return pg_fail_memory(err, f->bytes);
    pg_layout_pack(&f->layout, f->weights, network);
    return pg_blocks_need(&f->blocks, (int)threads, &f->layout, err);
}

/* Weights were packed by now, so x alone must not be written to. An activation
   may even be x's own handle: rows has another. */
static pg_status need_activations(const forward *f, pg_error *err)
{
    const pg_array *taken[PG_MAX_LAYERS + 1] = {&f->rows.x};
    pg_status status = PG_OK;
    for (int l = 0; l < f->layout.layers && status == PG_OK; l++) {
        size_t shape[2] = {f->n, f->layout.width[l + 1]};
        status = pg_array_reuse(f->a[l], f->layout.dtype, 2, shape, taken,
                                (size_t)l + 1, err);
        taken[l + 1] = f->a[l];
    }
    return status;
}

pg_status pg_forward(pg_array *const *a, const pg_network *network,
                     const pg_array *x, pg_error *err)
{
    pg_status status = pg_network_check_input(network, x, err);
    if (status != PG_OK)
        return status;
    forward f = {.a = a, .n = x->shape[0]};
    pg_layout_of(&f.layout, network);
    f.layout.dtype = pg_dtype_promote(x->dtype, f.layout.dtype);
    status = start(&f, network, x, err);
    if (status == PG_OK)
        status = need_activations(&f, err);
    if (status == PG_OK)
        run_blocks(&f);
    pg_blocks_free(&f.blocks);
    pg_free(f.weights, f.bytes);
    pg_rows_release(&f.rows);
    return status;
}
