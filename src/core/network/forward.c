#include "network/forward.h"

#include "network/pass.h"
#include "network/results.h"

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

static pg_status add_results(pg_results *r, pg_array *const *a,
                             const pg_network *network, const pg_array *x,
                             pg_error *err)
{
    pg_status status = PG_OK;
    pg_results_add_input(r, x, "x", 0);
    pg_results_add_network(r, network);
    for (int l = 0; l < network->layers && status == PG_OK; l++)
        status = pg_results_add(r, a[l], "A", l + 1, x->shape[0],
                                network->W[l]->shape[0], err);
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
    pg_results results = {.dtype = dtype};
    status = add_results(&results, a, network, x, err);
    if (status == PG_OK)
        status = pg_pass_start(&f.pass, network, x, 1, dtype, err);
    if (status == PG_OK)
        status = pg_results_make(&results, err);
    if (status == PG_OK)
        status = pg_pass_run(&f.pass, run_block, &f, &wrong, err);
    pg_pass_end(&f.pass);
    return pg_results_end(&results, status);
}
