#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "array/checksum.h"
#include "rows/codes.h"
#include "rows/gather.h"
#include "base/interrupt.h"
#include "kernels/kernels.h"
#include "rows/rows.h"
#include "base/memory.h"
#include "array/storage.h"
#include "network/targets.h"
#include "base/text.h"
#include "train/weights.h"

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
    pg_optimizer optimizer;
    pg_weights weights;
    uint32_t checksum;       /* of the data, */
    uint64_t summed_version; /* when x's storage had this version, plus 1 */
};

/* --- making --------------------------------------------------------------- */

static pg_status compress_rows(pg_trainer *t, double most, pg_error *err)
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
        compress_rows(t, plan == PG_PLAN_SPARSE ? 1 : MOST_DENSITY, err);
    if (status == PG_OK && pg_sparse_is_made(t->sparse))
        status = use_sparse(t, network, err);
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
        pg_text(why, PG_PLAN_TEXT,
                "%.3g %% of x is not zero: sparse up to %g %%",
                100 * pg_sparse_density(t->sparse), 100 * MOST_DENSITY);
    return plan;
}

/* It takes as long as a small batch for each megabyte: kept until x is written
   to. */
pg_status pg_trainer_checksum(pg_trainer *t, uint32_t *sum, pg_error *err)
{
    const pg_storage *storage = t->rows.x.storage;
    pg_status status = PG_OK;
    if (!storage || t->summed_version != pg_storage_version(storage) + 1) {
        status = pg_data_checksum(&t->checksum, &t->rows.x, &t->labels, err);
        t->summed_version =
            storage && status == PG_OK ? pg_storage_version(storage) + 1 : 0;
    }
    *sum = t->checksum;
    return status;
}

pg_status pg_trainer_checksum_v1(uint32_t *sum, const pg_trainer *t,
                                 pg_error *err)
{
    return pg_data_checksum_v1(sum, &t->rows.x, &t->labels, err);
}

/* Where the tiles of a batch begin in a block's extra bytes: behind its labels.
 */
static size_t tiles_offset(size_t rows)
{
    return pg_size_lines(rows * sizeof(int32_t));
}

/* A block's labels, and in the sparse plan the tiles of a batch. */
static void set_shards(pg_trainer *t)
{
    size_t rows = pg_block_rows(&t->layout);
    t->shards.layout = &t->layout;
    t->shards.threads.extra =
        t->table ? tiles_offset(rows) + pg_gather_bytes(t->sparse, rows)
                 : tiles_offset(rows);
}

pg_status pg_trainer_new(pg_trainer **trainer, const pg_array *x, double scale,
                         const pg_array *labels, const pg_network *network,
                         pg_plan plan, pg_error *err)
{
    *trainer = NULL;
    pg_status status = pg_network_check_input(network, x, err);
    if (status != PG_OK)
        return status;
    pg_trainer *t = pg_malloc(sizeof *t);
    if (!t)
        return pg_fail_memory(err, sizeof *t);
    *t = (pg_trainer){0};
    pg_layout_of(&t->layout, network);
    pg_rows_view(&t->rows, x, scale, t->layout.dtype);
    t->n = x->shape[0];
    status = pg_targets_copy(&t->labels, labels, x,
                             t->layout.width[network->layers], err);
    if (status == PG_OK)
        status = pg_rows_check_all(&t->rows, err);
    if (status == PG_OK)
        status = choose_plan(t, network, plan, err);
    if (status == PG_OK)
        status = pg_weights_new(&t->weights, &t->layout, err);
    if (status != PG_OK) {
        pg_trainer_free(t);
        return status;
    }
    set_shards(t);
    *trainer = t;
    return PG_OK;
}

void pg_trainer_free(pg_trainer *t)
{
    if (!t)
        return;
    pg_shards_free(&t->shards);
    pg_optimizer_free(&t->optimizer);
    pg_weights_free(&t->weights);
    pg_free(t->table, t->table_bytes);
    pg_sparse_release(t->sparse);
    pg_rows_release(&t->rows);
    pg_array_release(&t->labels);
    pg_free(t, sizeof *t);
}

/* --- the step ------------------------------------------------------------- */

/* What a block's work reads. */
typedef struct turn {
    const pg_trainer *trainer;
    const int64_t *batch; /* positions; NULL: all rows */
    size_t n;
} turn;

static pg_inputs inputs_of_all(const pg_trainer *t, const pg_block *block,
                               size_t first, size_t rows)
{
    if (!t->table)
        return (pg_inputs){.x = pg_rows_block(&t->rows, block->x, first, rows)};
    size_t at = first / PG_SPARSE_ROWS;
    return (pg_inputs){.column_tiles = pg_sparse_column_tiles(t->sparse),
                       .columns = pg_sparse_columns(t->sparse, at),
                       .rows = pg_sparse_rows(t->sparse, at),
                       .table = t->table};
}

static pg_inputs inputs_of_batch(const pg_trainer *t, const pg_block *block,
                                 const int64_t *positions, size_t rows)
{
    if (!t->table)
        return (pg_inputs){
            .x = pg_rows_gather(&t->rows, block->x, positions, rows)};
    char *tiles =
        (char *)block->extra + tiles_offset(pg_block_rows(&t->layout));
    return (pg_inputs){.column_tiles = pg_sparse_column_tiles(t->sparse),
                       .columns = pg_gather(tiles, t->sparse, positions, rows),
                       .table = t->table};
}

static const int32_t *labels_of_batch(const pg_trainer *t,
                                      const pg_block *block,
                                      const int64_t *positions, size_t rows)
{
    const int32_t *all = t->labels.data;
    int32_t *labels = block->extra;
    for (size_t i = 0; i < rows; i++)
        labels[i] = all[positions[i] - 1];
    return labels;
}

/* A block's way forward and backward: pg_shard_work. */
static double run_block(void *context, const pg_block *block, void *gradients,
                        size_t first, size_t rows)
{
    const turn *now = context;
    const pg_trainer *t = now->trainer;
    pg_inputs inputs;
    const int32_t *labels;
    if (now->batch) {
        inputs = inputs_of_batch(t, block, now->batch + first, rows);
        labels = labels_of_batch(t, block, now->batch + first, rows);
    } else {
        inputs = inputs_of_all(t, block, first, rows);
        labels = (const int32_t *)t->labels.data + first;
    }
    pg_block_forward(block, &t->layout, t->weights.run, &inputs, rows);
    return pg_block_backward(block, &t->layout, t->weights.run, gradients,
                             &inputs, labels, now->n, rows);
}

static pg_status check_batch(const pg_trainer *t, const pg_step *step,
                             pg_error *err)
{
    if (step->batch && step->count == 0)
        return pg_fail(err, PG_EARG, "a batch has at least one row");
    for (size_t i = 0; step->batch && i < step->count; i++)
        if (step->batch[i] < 1 || (size_t)step->batch[i] > t->n)
            return pg_fail(err, PG_EARG,
                           "the batch's position %zu is %lld, outside the "
                           "rows 1 to %zu",
                           i + 1, (long long)step->batch[i], t->n);
    return PG_OK;
}

/* The gradients, and the mean loss, of the step's rows. */
static pg_status run_rows(pg_trainer *t, const pg_step *step, double *loss,
                          pg_error *err)
{
    const pg_layout *layout = &t->layout;
    turn now = {t, step->batch, step->batch ? step->count : t->n};
    size_t block_rows = step->batch ? pg_block_batch_rows(layout, now.n)
                                    : pg_block_rows(layout);
    pg_status status = pg_shards_run(&t->shards, now.n, block_rows, run_block,
                                     &now, loss, err);
    if (status != PG_OK)
        return status;
    *loss /= (double)now.n;
    if (!isfinite(*loss))
        return pg_fail(err, PG_EFINITE, "the loss is %s",
                       isnan(*loss) ? "nan" : "inf");
    return PG_OK;
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

static pg_status descend(pg_trainer *t, const pg_step *step, pg_error *err)
{
    const void *gradients = t->shards.gradients;
    if (pg_optimizer_step(&t->optimizer, &t->layout, &step->settings,
                          t->weights.run, gradients))
        return PG_OK;
    if (!pg_kernels_for(t->layout.dtype)
             ->all_finite(gradients, t->layout.count))
        return fail_run(t, gradients, "the gradient of", err);
    return fail_run(t, t->weights.run, "the new", err);
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
        status = compress_rows(t, 1, err);
    if (status != PG_OK)
        return status;
    pg_sparse_table(t->sparse, t->table, t->rows.scale, t->layout.dtype);
    pg_shards_free(&t->shards); /* a batch's tiles may need more room now */
    set_shards(t);
    return PG_OK;
}

pg_status pg_trainer_step(pg_trainer *t, const pg_network *network,
                          const pg_step *step, double *loss, pg_error *err)
{
    pg_status status = check_layout(t, network, err);
    if (status == PG_OK)
        status = check_batch(t, step, err);
    if (status == PG_OK)
        status = refresh(t, err);
    if (status == PG_OK)
        status =
            pg_optimizer_need(&t->optimizer, step->optimizer, &t->layout, err);
    if (status != PG_OK)
        return status;
    pg_weights_take(&t->weights, &t->layout, network);
    status = run_rows(t, step, loss, err);
    if (status == PG_OK)
        status = descend(t, step, err);
    if (status == PG_OK)
        pg_weights_give(&t->weights, &t->layout, network);
    return status;
}

/* --- what the optimizer remembers ----------------------------------------- */

pg_optimizer_kind pg_trainer_optimizer(const pg_trainer *t, uint64_t *steps)
{
    *steps = t->optimizer.steps;
    return t->optimizer.kind;
}

static pg_status check_state(const pg_trainer *t, int state,
                             const pg_network *network, pg_error *err)
{
    int states = pg_optimizer_states(t->optimizer.kind);
    if (state < 0 || state >= states)
        return pg_fail(err, PG_EARG, "%s has %d states, and no state %d",
                       pg_optimizer_names[t->optimizer.kind], states,
                       state + 1);
    return check_layout(t, network, err);
}

pg_status pg_trainer_read_state(const pg_trainer *t, int state,
                                const pg_network *into, pg_error *err)
{
    pg_status status = check_state(t, state, into, err);
    if (status == PG_OK)
        pg_layout_unpack(&t->layout, into,
                         pg_optimizer_state(&t->optimizer, state));
    return status;
}

pg_status pg_trainer_set_optimizer(pg_trainer *t, pg_optimizer_kind optimizer,
                                   uint64_t steps, pg_error *err)
{
    pg_optimizer made = {0};
    pg_status status = pg_optimizer_need(&made, optimizer, &t->layout, err);
    if (status != PG_OK)
        return status;
    pg_optimizer_free(&t->optimizer);
    t->optimizer = made;
    t->optimizer.steps = steps;
    return PG_OK;
}

pg_status pg_trainer_write_state(pg_trainer *t, int state,
                                 const pg_network *from, pg_error *err)
{
    pg_status status = check_state(t, state, from, err);
    if (status != PG_OK)
        return status;
    const pg_interrupt *listened = pg_set_interrupt(NULL);
    pg_layout_pack(&t->layout, pg_optimizer_state(&t->optimizer, state), from);
    pg_set_interrupt(listened);
    return PG_OK;
}
