/* A training: its data, plan, optimizer and steps. */

#include "train/trainer.h"

#include <math.h>
#include <stdio.h>

#include "array/checksum.h"
#include "array/storage.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"
#include "kernels/kernels.h"
#include "train/shards.h"
#include "train/weights.h"

/* Where more of x is not 0, CBLAS is faster; where rows are longer, they take
   too much memory while they are compressed. */
#define MOST_DENSITY 0.5
enum { MOST_INPUTS = 65536 };

struct pg_trainer {
    pg_layout layout;
    pg_rows rows;
    pg_targets targets;
    pg_plan plan; /* as asked for */
    pg_shards shards;
    pg_optimizer optimizer;
    pg_weights weights;
    uint32_t checksum;       /* of the data at summed_version */
    uint64_t summed_version; /* x's storage's, plus 1; 0: no checksum yet */
};

/* --- making --------------------------------------------------------------- */

/* The layout is the dense plan's unless rows are compressed. A network without
   a hidden layer has nothing to pad. x that is mapped may be larger than
   memory, and compressed rows would be in memory. */
static pg_status choose_plan(pg_trainer *t, const pg_network *network,
                             pg_plan plan, pg_error *err)
{
    size_t most = plan == PG_PLAN_CHOSEN ? MOST_INPUTS : UINT32_MAX;
    t->plan = plan;
    if (plan == PG_PLAN_DENSE || network->layers < 2 ||
        t->layout.width[0] > most ||
        (plan == PG_PLAN_CHOSEN && pg_storage_is_mapped(t->rows.x.storage)))
        return PG_OK;
    pg_status status = pg_rows_compress(
        &t->rows, plan == PG_PLAN_SPARSE ? 1 : MOST_DENSITY, err);
    if (pg_rows_are_compressed(&t->rows))
        pg_layout_sparse_of(&t->layout, network);
    return status;
}

pg_status pg_trainer_new(pg_trainer **trainer, const pg_array *x, double scale,
                         const pg_array *y, const pg_loss_options *options,
                         const pg_network *network, pg_plan plan, pg_error *err)
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
    t->shards = (pg_shards){
        .layout = &t->layout, .rows = &t->rows, .sums_gradients = true};
    status = pg_targets_new(&t->targets, y, x, &t->layout, options, err);
    if (status == PG_OK)
        status = pg_rows_check_all(&t->rows, err);
    if (status == PG_OK)
        status = choose_plan(t, network, plan, err);
    if (status == PG_OK)
        status = pg_weights_new(&t->weights, &t->layout, err);
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
    pg_optimizer_free(&t->optimizer);
    pg_weights_free(&t->weights);
    pg_rows_release(&t->rows);
    pg_targets_release(&t->targets);
    pg_free(t, sizeof *t);
}

pg_plan pg_trainer_plan(char *why, const pg_trainer *t)
{
    bool is_sparse = pg_rows_are_compressed(&t->rows);
    if (t->plan == PG_PLAN_SPARSE && !is_sparse)
        snprintf(why, PG_PLAN_TEXT, "there is no hidden layer");
    else if (t->plan != PG_PLAN_CHOSEN)
        snprintf(why, PG_PLAN_TEXT, "asked for");
    else if (pg_storage_is_mapped(t->rows.x.storage))
        snprintf(why, PG_PLAN_TEXT, "x is mapped, and stays in its file");
    else if (!t->rows.sparse)
        snprintf(why, PG_PLAN_TEXT, "more than %d inputs, or no hidden layer",
                 MOST_INPUTS);
    else
        pg_text(why, PG_PLAN_TEXT,
                "%.3g %% of x is not zero: sparse up to %g %%",
                100 * pg_sparse_density(t->rows.sparse), 100 * MOST_DENSITY);
    return is_sparse ? PG_PLAN_SPARSE : PG_PLAN_DENSE;
}

/* It takes as long as a small batch for each megabyte, so it is kept until x is
   written to. */
pg_status pg_trainer_checksum(uint32_t *sum, pg_trainer *t, pg_error *err)
{
    const pg_storage *storage = t->rows.x.storage;
    pg_status status = PG_OK;
    if (!storage || t->summed_version != pg_storage_version(storage) + 1) {
        status = pg_data_checksum(&t->checksum, &t->rows.x,
                                  pg_targets_array(&t->targets), err);
        t->summed_version =
            storage && status == PG_OK ? pg_storage_version(storage) + 1 : 0;
    }
    *sum = t->checksum;
    return status;
}

pg_status pg_trainer_checksum_v1(uint32_t *sum, const pg_trainer *t,
                                 pg_error *err)
{
    return pg_data_checksum_v1(sum, &t->rows.x, pg_targets_array(&t->targets),
                               err);
}

/* --- the step ------------------------------------------------------------- */

/* The rows of a step. */
typedef struct training_rows {
    const pg_trainer *trainer;
    const int64_t *batch; /* (n) positions; NULL: all rows */
    size_t n;
    double divisor;
    const pg_dropout *dropout; /* NULL: none */
} training_rows;

/* Rows first .. first + n - 1 of the step, forward and backward: pg_block_work.
 */
static double train_block(void *context, const pg_workspace *w,
                          pg_gradients *gradients, size_t first, size_t n)
{
    const training_rows *step = context;
    const pg_trainer *t = step->trainer;
    const int64_t *batch = step->batch ? step->batch + first : NULL;
    pg_step_rows rows = {.x = batch ? pg_rows_batch(&t->rows, w->x, batch, n)
                                    : pg_rows_block(&t->rows, w->x, first, n),
                         .first = first,
                         .n = n,
                         .dropout = step->dropout};
    pg_target_block targets =
        pg_targets_block(&t->targets, w->labels, w->targets, batch, first, n);
    pg_step_forward(w, t->weights.buffer, &rows);
    double loss = pg_step_loss(w, &targets, step->divisor, n);
    pg_step_backward(gradients, w, t->weights.buffer, &rows);
    return loss;
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

static pg_status check_batch(const pg_trainer *t, const int64_t *batch,
                             size_t n, pg_error *err)
{
    size_t rows = t->rows.x.shape[0];
    if (n == 0)
        return pg_fail(err, PG_EARG, "a batch has at least one row");
    for (size_t i = 0; i < n; i++)
        if (batch[i] < 1 || (size_t)batch[i] > rows)
            return pg_fail(err, PG_EARG,
                           "the batch's position %zu is %lld, outside the "
                           "rows 1 to %zu",
                           i + 1, (long long)batch[i], rows);
    return PG_OK;
}

/* Compresses x again where it was written to. A batch's tiles may then need
   larger workspaces. */
static pg_status refresh_rows(pg_trainer *t, pg_error *err)
{
    if (!pg_rows_are_old(&t->rows))
        return PG_OK;
    pg_status status = pg_rows_check_all(&t->rows, err);
    if (status != PG_OK)
        return status;
    pg_shards_free(&t->shards);
    return pg_rows_compress(&t->rows, 1, err);
}

/* Checks the dropout of a step. Layers that keep something else than before
   need other workspaces. */
static pg_status prepare_dropout(pg_trainer *t, const pg_dropout *dropout,
                                 pg_error *err)
{
    pg_status status =
        dropout ? pg_dropout_check(dropout, t->layout.layers, err) : PG_OK;
    if (status == PG_OK && pg_layout_keep(&t->layout, dropout))
        pg_shards_free(&t->shards);
    return status;
}

/* Names the gradient or new weight that is not finite. */
static pg_status fail_non_finite(const pg_trainer *t, pg_error *err)
{
    const pg_layout *layout = &t->layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    const void *buffer = t->shards.gradients;
    const char *what = "the gradient of";
    if (k->all_finite(buffer, layout->count)) {
        buffer = t->weights.buffer;
        what = "the new";
    }
    int l = 0;
    bool in_W = false;
    for (; l < layout->layers; l++) {
        size_t size = layout->b[l] - layout->W[l];
        in_W = !k->all_finite(pg_layout_at(layout, buffer, layout->W[l]), size);
        if (in_W || !k->all_finite(pg_layout_at(layout, buffer, layout->b[l]),
                                   layout->width[l + 1]))
            break;
    }
    pg_assert(l < layout->layers);
    return pg_fail(err, PG_EFINITE, "%s %c%d is not finite", what,
                   in_W ? 'W' : 'b', l + 1);
}

/* Sums the gradients of a step's rows at the network's weights, and takes the
   mean of their losses. */
static pg_status compute_gradients(double *loss, pg_trainer *t,
                                   const pg_network *network,
                                   const pg_dropout *dropout,
                                   const int64_t *batch, size_t n,
                                   pg_error *err)
{
    training_rows step = {.trainer = t,
                          .batch = batch,
                          .n = batch ? n : t->rows.x.shape[0],
                          .dropout = dropout};
    pg_status status =
        pg_targets_divisor(&step.divisor, &t->targets, batch, step.n, err);
    if (status != PG_OK)
        return status;
    if (batch)
        pg_rows_prefetch(&t->rows, batch, n);
    pg_weights_take(&t->weights, &t->layout, network);
    status = pg_shards_run(loss, &t->shards, step.n,
                           batch ? PG_CUT_BATCH : PG_CUT_ALL_ROWS, train_block,
                           &step, err);
    if (status != PG_OK)
        return status;
    *loss /= step.divisor;
    if (!isfinite(*loss))
        return pg_fail(err, PG_EFINITE, "the loss is %s",
                       isnan(*loss) ? "nan" : "inf");
    return PG_OK;
}

/* Another kind of optimizer takes the place of the last step's when its first
   step is made. */
pg_status pg_trainer_step(double *loss, pg_trainer *t,
                          const pg_network *network,
                          const pg_optimizer_settings *settings,
                          const pg_dropout *dropout, const int64_t *batch,
                          size_t n, pg_error *err)
{
    const pg_layout *layout = &t->layout;
    pg_optimizer other = {0};
    bool is_other = settings->kind != t->optimizer.kind;
    pg_status status = check_layout(t, network, err);
    if (status == PG_OK && batch)
        status = check_batch(t, batch, n, err);
    if (status == PG_OK)
        status = refresh_rows(t, err);
    if (status == PG_OK)
        status = prepare_dropout(t, dropout, err);
    if (status == PG_OK && is_other)
        status = pg_optimizer_new(&other, settings->kind, layout->dtype,
                                  layout->count, err);
    if (status == PG_OK)
        status = compute_gradients(loss, t, network, dropout, batch, n, err);
    if (status == PG_OK &&
        !pg_optimizer_step(is_other ? &other : &t->optimizer, t->weights.buffer,
                           t->shards.gradients, layout->dtype, layout->count,
                           settings))
        status = fail_non_finite(t, err);
    if (status != PG_OK) {
        pg_optimizer_free(&other);
        return status;
    }
    if (is_other) {
        pg_optimizer_free(&t->optimizer);
        t->optimizer = other;
    }
    pg_weights_give(&t->weights, layout, network);
    return PG_OK;
}

/* --- the optimizer's states ----------------------------------------------- */

pg_optimizer_kind pg_trainer_optimizer(uint64_t *steps, const pg_trainer *t)
{
    *steps = t->optimizer.steps;
    return t->optimizer.kind;
}

static pg_status check_state(const pg_trainer *t, int state,
                             const pg_network *network, pg_error *err)
{
    pg_status status = pg_optimizer_check_state(&t->optimizer, state, err);
    return status == PG_OK ? check_layout(t, network, err) : status;
}

pg_status pg_trainer_read_state(const pg_network *into, const pg_trainer *t,
                                int state, pg_error *err)
{
    pg_status status = check_state(t, state, into, err);
    if (status == PG_OK)
        pg_layout_unpack(&t->layout, into,
                         pg_optimizer_state(&t->optimizer, state));
    return status;
}

pg_status pg_trainer_write_state(pg_trainer *t, int state,
                                 const pg_network *from, pg_error *err)
{
    pg_status status = check_state(t, state, from, err);
    if (status != PG_OK)
        return status;
    const pg_interrupt *interrupt = pg_set_interrupt(NULL);
    pg_layout_pack(&t->layout, pg_optimizer_state(&t->optimizer, state), from);
    pg_set_interrupt(interrupt);
    return PG_OK;
}

pg_status pg_trainer_set_optimizer(pg_trainer *t, pg_optimizer_kind optimizer,
                                   uint64_t steps, pg_error *err)
{
    return pg_optimizer_replace(&t->optimizer, optimizer, t->layout.dtype,
                                t->layout.count, steps, err);
}
