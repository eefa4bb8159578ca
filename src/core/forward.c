#include "forward.h"

#include "pass.h"

typedef struct forward {
    pg_pass pass;
    pg_array *const *a;
} forward;

/* A block goes through all layers while it is in cache; its activations are
   where they are to stay: pg_pass_work. */
static bool run_block(void *context, const pg_block *own, size_t first,
                      size_t rows)
{
    const forward *f = context;
    const pg_layout *layout = &f->pass.layout;
    pg_block block = *own;
    pg_inputs inputs = {.x = pg_rows_block(&f->pass.rows, own->x, first, rows)};
    for (int l = 0; l < layout->layers; l++)
        block.a[l] =
            pg_layout_at(layout, f->a[l]->data, first * layout->width[l + 1]);
    pg_block_forward(&block, layout, f->pass.weights, &inputs, rows);
    return true;
}

/* Weights were packed by now, so x alone must not be written to. An activation
   may even be x's own handle: rows has another. */
static pg_status need_activations(const forward *f, pg_error *err)
{
    const pg_layout *layout = &f->pass.layout;
    const pg_array *taken[PG_MAX_LAYERS + 1] = {&f->pass.rows.x};
    pg_status status = PG_OK;
    for (int l = 0; l < layout->layers && status == PG_OK; l++) {
        size_t shape[2] = {f->pass.rows.x.shape[0], layout->width[l + 1]};
        status = pg_array_reuse(f->a[l], layout->dtype, 2, shape, taken,
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
    size_t wrong;
    forward f = {.a = a};
    pg_dtype dtype = pg_dtype_promote(x->dtype, network->W[0]->dtype);
    status = pg_pass_start(&f.pass, network, x, 1, dtype, err);
    if (status == PG_OK)
        status = need_activations(&f, err);
    if (status == PG_OK)
        status = pg_pass_run(&f.pass, run_block, &f, &wrong, err);
    pg_pass_end(&f.pass);
    return status;
}
