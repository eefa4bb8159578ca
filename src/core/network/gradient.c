#include "network/gradient.h"

#include "network/dense.h"
#include "ops/map.h"
#include "network/pass.h"
#include "network/results.h"
#include "array/scalar.h"
#include "network/shards.h"
#include "network/targets.h"

static pg_status check_activations(const pg_array *const *a, const pg_array *x,
                                   const pg_network *network, pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tx[PG_SHAPE_TEXT], tw[PG_SHAPE_TEXT];
    for (int l = 0; l < network->layers; l++) {
        const pg_array *W = network->W[l];
        if (!pg_dtype_is_float(a[l]->dtype))
            return pg_fail(err, PG_EDTYPE,
                           "A%d is %s; activations are float32 or float64",
                           l + 1, pg_dtype_name(a[l]->dtype));
        if (a[l]->ndim != 2 || a[l]->shape[0] != x->shape[0] ||
            a[l]->shape[1] != W->shape[0])
            return pg_fail(err, PG_ESHAPE,
                           "A%d of shape %s does not fit x of shape %s and "
                           "W%d of shape %s",
                           l + 1, pg_shape_text(ta, a[l]), pg_shape_text(tx, x),
                           l + 1, pg_shape_text(tw, W));
    }
    return PG_OK;
}

/* dz = (a - y) / n */
static pg_status last_gradient(pg_array *dz, const pg_array *a,
                               const pg_array *y, pg_error *err)
{
    pg_array rows, n;
    pg_element element;
    pg_scalar count = {.kind = 'f', .as.f = (double)a->shape[0]};
    pg_status status = pg_targets_rows(&rows, y, a, a->dtype, err);
    if (status == PG_OK)
        status = pg_binary(dz, PG_SUBTRACT, a, &rows, err);
    if (status == PG_OK)
        status = pg_scalar_operand(&n, &element, count, dz->dtype, false, err);
    if (status == PG_OK)
        status = pg_binary_into(dz, PG_DIVIDE, dz, &n, err);
    pg_array_release(&rows);
    return status;
}

/* What a block's work reads, all of one dtype. */
typedef struct backward {
    pg_pass pass;
    pg_array a[PG_MAX_LAYERS]; /* dense; of the hidden layers */
    pg_array dz;               /* (n, classes): of the last layer */
} backward;

/* pg_shard_work. Nothing is written to the activations. */
static double run_block(void *context, const pg_block *own, void *gradients,
                        size_t first, size_t rows)
{
    const backward *b = context;
    const pg_layout *layout = &b->pass.layout;
    int last = layout->layers - 1;
    pg_block block = *own;
    pg_inputs inputs = {.x = pg_rows_block(&b->pass.rows, own->x, first, rows)};
    for (int l = 0; l < last; l++)
        block.a[l] =
            pg_layout_at(layout, b->a[l].data, first * layout->width[l + 1]);
    block.d[last] =
        pg_layout_at(layout, b->dz.data, first * layout->width[last + 1]);
    pg_block_gradients(&block, layout, b->pass.weights, gradients, &inputs,
                       rows);
    return 0;
}

static pg_status start(backward *b, const pg_network *network,
                       const pg_array *x, const pg_array *const *a,
                       pg_error *err)
{
    pg_status status = pg_pass_start(&b->pass, network, x, 1, b->dz.dtype, err);
    for (int l = 0; l < network->layers - 1 && status == PG_OK; l++)
        status = pg_dense(&b->a[l], a[l], b->dz.dtype, err);
    return status;
}

static void end(backward *b)
{
    for (int l = 0; l < b->pass.layout.layers; l++)
        pg_array_release(&b->a[l]);
    pg_array_release(&b->dz);
    pg_pass_end(&b->pass);
}

static pg_status add_results(pg_results *r, const pg_network *gradients,
                             const pg_array *x, const pg_array *y,
                             const pg_array *const *a,
                             const pg_network *network, pg_error *err)
{
    pg_status status = PG_OK;
    pg_results_add_input(r, x, "x", 0);
    pg_results_add_input(r, y, "y", 0);
    pg_results_add_network(r, network);
    for (int l = 0; l < network->layers; l++)
        pg_results_add_input(r, a[l], "A", l + 1);
    for (int l = 0; l < network->layers && status == PG_OK; l++) {
        const size_t *shape = network->W[l]->shape;
        status = pg_results_add(r, gradients->W[l], "dW", l + 1, shape[0],
                                shape[1], err);
        if (status == PG_OK)
            status = pg_results_add(r, gradients->b[l], "db", l + 1, 1,
                                    shape[0], err);
    }
    return status;
}

static pg_status run(const pg_network *gradients, pg_results *results,
                     backward *b, pg_error *err)
{
    double loss;
    const pg_layout *layout = &b->pass.layout;
    pg_shards shards = {.layout = layout};
    pg_status status =
        pg_shards_run(&shards, b->dz.shape[0], pg_block_rows(layout), run_block,
                      b, &loss, err);
    if (status == PG_OK)
        status = pg_results_make(results, err);
    if (status == PG_OK)
        pg_layout_unpack(layout, gradients, shards.gradients);
    pg_shards_free(&shards);
    return status;
}

pg_status pg_gradient(const pg_network *gradients, const pg_array *x,
                      const pg_array *y, const pg_array *const *a,
                      const pg_network *network, pg_error *err)
{
    backward b = {0};
    pg_status status = pg_network_check_input(network, x, err);
    if (status == PG_OK)
        status = check_activations(a, x, network, err);
    if (status != PG_OK)
        return status;
    pg_results results = {.dtype = a[network->layers - 1]->dtype};
    status = add_results(&results, gradients, x, y, a, network, err);
    if (status == PG_OK)
        status = last_gradient(&b.dz, a[network->layers - 1], y, err);
    if (status == PG_OK)
        status = start(&b, network, x, a, err);
    if (status == PG_OK)
        status = run(gradients, &results, &b, err);
    end(&b);
    return status;
}
