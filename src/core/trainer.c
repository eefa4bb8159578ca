#include "trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "kernels.h"
#include "rows.h"
#include "runtime.h"

/* Where more of x is not 0, CBLAS is faster; where rows are longer, they take
   too much room while they are compressed. */
#define MOST_DENSITY 0.5
enum { MOST_INPUTS = 65536 };

struct pg_trainer {
    pg_layout layout;
    pg_rows rows;
    pg_sparse *sparse; /* NULL: it was not asked for */
    void *table;       /* of its codes; NULL: the plan is dense */
    size_t table_bytes;
    bool plan_was_chosen;
    pg_array labels;
    size_t n;
    pg_shards shards;
    char *memory; /* of both runs: */
    size_t bytes;
    void *weights, *next;
};

/* --- making --------------------------------------------------------------- */

static pg_status check_data(const pg_array *x, const pg_array *labels,
                            const pg_network *network, pg_error *err)
{
    char tx[PG_SHAPE_TEXT], ty[PG_SHAPE_TEXT];
    pg_status status = pg_network_check_input(network, x, err);
    if (status == PG_OK && x->shape[0] == 0)
        return pg_fail(err, PG_ESHAPE, "x of shape %s has no rows",
                       pg_shape_text(tx, x));
    if (status == PG_OK &&
        (labels->ndim != 1 || labels->shape[0] != x->shape[0]))
        return pg_fail(err, PG_ESHAPE,
                       "y of shape %s does not fit x of shape %s: it must "
                       "have as many rows",
                       pg_shape_text(ty, labels), pg_shape_text(tx, x));
    if (status == PG_OK && labels->dtype != PG_INT32)
        return pg_fail(err, PG_EDTYPE, "labels must be int32, not %s",
                       pg_dtype_name(labels->dtype));
    return status;
}

static pg_status check_labels(const pg_trainer *t, pg_error *err)
{
    size_t classes = t->layout.width[t->layout.layers];
    const int32_t *label = t->labels.data;
    for (size_t i = 0; i < t->n; i++)
        if (label[i] < 0 || (size_t)label[i] >= classes)
            return pg_fail(err, PG_EARG,
                           "y: row %zu is %ld, outside the classes 0 to %zu",
                           i + 1, (long)label[i], classes - 1);
    return PG_OK;
}

static pg_status compress(pg_trainer *t, double most, pg_error *err)
{
    pg_sparse *before = t->sparse;
    pg_status status = pg_sparse_of(&t->sparse, &t->rows.x, t->rows.scale,
                                    t->layout.dtype, most, err);
    if (status == PG_OK)
        pg_sparse_release(before);
    else
        t->sparse = before;
    return status;
}

static pg_status use_sparse(pg_trainer *t, const pg_network *network,
                            pg_error *err)
{
    t->table_bytes = PG_CODES * pg_dtype_size(t->layout.dtype);
    t->table = pg_malloc(t->table_bytes);
    if (!t->table)
        return pg_fail_memory(err, t->table_bytes);
    pg_sparse_table(t->sparse, t->table, t->rows.scale, t->layout.dtype);
    pg_layout_sparse_of(&t->layout, network);
    return PG_OK;
}

/* The layout is the dense plan's until it is known that the other is used. A
   network without a hidden layer has nothing to pad. */
static pg_status choose_plan(pg_trainer *t, const pg_network *network,
                             pg_plan plan, pg_error *err)
{
    size_t most = plan == PG_PLAN_CHOSEN ? MOST_INPUTS : UINT32_MAX;
    t->plan_was_chosen = plan == PG_PLAN_CHOSEN;
    if (plan == PG_PLAN_DENSE || network->layers < 2 ||
        t->layout.width[0] > most)
        return PG_OK;
    pg_status status =
        compress(t, plan == PG_PLAN_SPARSE ? 1 : MOST_DENSITY, err);
    if (status == PG_OK && pg_sparse_is_made(t->sparse))
        status = use_sparse(t, network, err);
    return status;
}

static pg_status new_runs(pg_trainer *t, pg_error *err)
{
    size_t run = t->layout.count * pg_dtype_size(t->layout.dtype);
    t->bytes = 2 * run;
    t->memory = pg_malloc(t->bytes);
    if (!t->memory)
        return pg_fail_memory(err, t->bytes);
    memset(t->memory, 0, t->bytes); /* padding of the weights stays 0 */
    t->weights = t->memory;
    t->next = t->memory + run;
    return PG_OK;
}

pg_status pg_trainer_new(pg_trainer **trainer, const pg_array *x, double scale,
                         const pg_array *labels, const pg_network *network,
                         pg_plan plan, pg_error *err)
{
    *trainer = NULL;
    pg_status status = check_data(x, labels, network, err);
    if (status != PG_OK)
        return status;
    pg_trainer *t = pg_malloc(sizeof *t);
    if (!t)
        return pg_fail_memory(err, sizeof *t);
    *t = (pg_trainer){0};
    pg_layout_of(&t->layout, network);
    pg_rows_view(&t->rows, x, scale, t->layout.dtype);
    status = pg_rows_check_all(&t->rows, err);
    if (status == PG_OK)
        status = choose_plan(t, network, plan, err);
    t->n = x->shape[0];
    if (status == PG_OK)
        status = pg_array_copy(&t->labels, labels, err);
    if (status == PG_OK)
        status = check_labels(t, err);
    if (status == PG_OK)
        status = new_runs(t, err);
    if (status == PG_OK)
        status = pg_shards_new(&t->shards, &t->layout, t->n, err);
    if (status == PG_OK)
        *trainer = t;
    else
        pg_trainer_free(t);
    return status;
}

void pg_trainer_free(pg_trainer *t)
{
    if (!t)
        return;
    pg_shards_free(&t->shards);
    pg_free(t->memory, t->bytes);
    pg_free(t->table, t->table_bytes);
    pg_sparse_release(t->sparse);
    pg_rows_release(&t->rows);
    pg_array_release(&t->labels);
    pg_free(t, sizeof *t);
}

/* --- the step ------------------------------------------------------------- */

/* A block's way forward and backward: pg_shard_work. */
static double run_block(void *context, const pg_block *block, void *gradients,
                        size_t first, size_t rows)
{
    const pg_trainer *t = context;
    const int32_t *labels = (const int32_t *)t->labels.data + first;
    pg_inputs inputs = {0};
    if (t->table)
        inputs = (pg_inputs){.sparse = t->sparse,
                             .table = t->table,
                             .block = first / PG_SPARSE_ROWS};
    else
        inputs.x = pg_rows_block(&t->rows, block->x, first, rows);
    pg_block_forward(block, &t->layout, t->weights, &inputs, rows);
    return pg_block_backward(block, &t->layout, t->weights, gradients, &inputs,
                             labels, t->n, rows);
}

/* Says which gradient or new weight is not finite. */
static pg_status fail_run(const pg_trainer *t, const void *run,
                          const char *what, pg_error *err)
{
    const pg_layout *layout = &t->layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    int l = 0;
    bool in_W = false;
    for (; l < layout->layers; l++) {
        size_t size = layout->b[l] - layout->W[l];
        in_W = !k->all_finite(pg_layout_at(layout, run, layout->W[l]), size);
        if (in_W || !k->all_finite(pg_layout_at(layout, run, layout->b[l]),
                                   layout->width[l + 1]))
            break;
    }
    return pg_fail(err, PG_EFINITE, "%s %c%d is not finite", what,
                   in_W ? 'W' : 'b', l + 1);
}

static pg_status descend(pg_trainer *t, double rate, pg_error *err)
{
    const pg_kernels *k = pg_kernels_for(t->layout.dtype);
    size_t count = t->layout.count;
    if (k->descend(t->next, t->weights, t->shards.gradients, rate, count))
        return PG_OK;
    if (!k->all_finite(t->shards.gradients, count))
        return fail_run(t, t->shards.gradients, "the gradient of", err);
    return fail_run(t, t->next, "the new", err);
}

static pg_status check_layout(const pg_trainer *t, const pg_network *network,
                              pg_error *err)
{
    pg_layout layout;
    pg_status status = pg_network_check(network, err);
    if (status != PG_OK)
        return status;
    pg_layout_of(&layout, network);
    if (pg_layout_same(&layout, &t->layout))
        return PG_OK;
    char now[PG_LAYOUT_TEXT], then[PG_LAYOUT_TEXT];
    return pg_fail(err, PG_ESHAPE,
                   "the weights are %s (%s), but training began with %s (%s)",
                   pg_layout_text(now, &layout), pg_dtype_name(layout.dtype),
                   pg_layout_text(then, &t->layout),
                   pg_dtype_name(t->layout.dtype));
}

/* What was compressed, anew where x was written to since. */
static pg_status refresh(pg_trainer *t, pg_error *err)
{
    if (!t->table || !pg_sparse_is_old(t->sparse, &t->rows.x))
        return PG_OK;
    pg_status status = pg_rows_check_all(&t->rows, err);
    if (status == PG_OK)
        status = compress(t, 1, err);
    if (status == PG_OK)
        pg_sparse_table(t->sparse, t->table, t->rows.scale, t->layout.dtype);
    return status;
}

pg_plan pg_trainer_plan(const pg_trainer *t, char *why)
{
    pg_plan plan = t->table ? PG_PLAN_SPARSE : PG_PLAN_DENSE;
    if (!t->plan_was_chosen)
        snprintf(why, PG_PLAN_TEXT, "asked for");
    else if (!t->sparse)
        snprintf(why, PG_PLAN_TEXT, "more than %d inputs, or no hidden layer",
                 MOST_INPUTS);
    else
        snprintf(why, PG_PLAN_TEXT,
                 "%.3g %% of x is not zero: sparse up to %g %%",
                 100 * pg_sparse_density(t->sparse), 100 * MOST_DENSITY);
    return plan;
}

pg_status pg_trainer_step(pg_trainer *t, const pg_network *network, double rate,
                          const pg_interrupt *interrupt, double *loss,
                          pg_error *err)
{
    pg_status status = check_layout(t, network, err);
    if (status == PG_OK)
        status = refresh(t, err);
    if (status != PG_OK)
        return status;
    pg_layout_pack(&t->layout, t->weights, network);
    status = pg_shards_run(&t->shards, run_block, t, interrupt, loss, err);
    if (status != PG_OK)
        return status;
    *loss /= (double)t->n;
    if (!isfinite(*loss))
        return pg_fail(err, PG_EFINITE, "the loss is %s",
                       isnan(*loss) ? "nan" : "inf");
    status = descend(t, rate, err);
    if (status == PG_OK)
        pg_layout_unpack(&t->layout, network, t->next);
    return status;
}
