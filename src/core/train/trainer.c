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

/* Longer rows take too much memory while they are compressed. */
enum { MOST_INPUTS = 65536 };

struct pg_trainer {
    pg_layout layout;
    pg_rows rows;
    pg_targets targets;
    pg_plan plan; /* as asked for */
    pg_shards shards;
    pg_share share;
    double divisor; /* of a step of all ranks' rows, if they are local */
    pg_sum_buffers buffers; /* of exchanges with other ranks */
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
        &t->rows, plan == PG_PLAN_SPARSE ? 1 : PG_MOST_DENSITY, err);
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
    pg_sum_buffers_free(&t->buffers);
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
                100 * pg_sparse_density(t->rows.sparse), 100 * PG_MOST_DENSITY);
    return is_sparse ? PG_PLAN_SPARSE : PG_PLAN_DENSE;
}

double pg_trainer_density(const pg_trainer *t)
{
    return t->rows.sparse ? pg_sparse_density(t->rows.sparse) : -1;
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

/* --- the rows of a step ----------------------------------------------------
 */

pg_status pg_trainer_share(pg_trainer *t, const pg_share *share, pg_error *err)
{
    size_t rows = t->rows.x.shape[0];
    if (share->comm && share->is_local && !share->is_uneven) {
        pg_shard_run own =
            pg_shards_of_rank(share->total, PG_CUT_ALL_ROWS, share->comm->rank,
                              share->comm->size);
        size_t first = pg_shards_first_row(own.n, own.cut, own.first);
        size_t end = pg_shards_first_row(own.n, own.cut, own.end);
        if (share->first != first || rows != end - first)
            return pg_fail(err, PG_ESHAPE,
                           "the rank's rows are %zu to %zu, and not its shards "
                           "of %zu rows, which are %zu to %zu",
                           share->first + 1, share->first + rows, share->total,
                           first + 1, end);
    }
    t->share = *share;
    return share->is_local
               ? pg_targets_divisor_of(&t->divisor, &t->targets, share->total,
                                       share->label_counts, err)
               : PG_OK;
}

bool pg_trainer_count_labels(int64_t *counts, const pg_trainer *t)
{
    if (!pg_targets_weigh_labels(&t->targets))
        return false;
    pg_targets_count(counts, &t->targets, NULL, t->rows.x.shape[0]);
    return true;
}

/* The rows of a step, and the part of them that this process works on. */
typedef struct training_rows {
    const pg_trainer *trainer;
    const int64_t *positions; /* NULL: all rows */
    size_t n;                 /* of the step, or of the rank's part of it */
    pg_shard_run run;
    size_t skipped; /* the rows of a run that are not in memory */
    size_t offset;  /* the place in the step of the run's row 0 */
    double divisor;
    bool divides_sum;          /* by the weights of all ranks' rows */
    double weight;             /* of the rank's rows */
    const pg_dropout *dropout; /* NULL: none */
    pg_sum_tree tree;          /* in which the ranks' sums are added */
    size_t sums_of_all;        /* their number */
    bool has_own_tree; /* the rank's sums are added in a tree of its own, whose
                          root is a leaf of the ranks' tree */
} training_rows;

/* Has the rank add the shards of its own rows: the ranks' sums are the leaves.
 */
static void share_roots(training_rows *step, const pg_share *share, size_t n,
                        size_t offset, pg_cut cut)
{
    size_t size = (size_t)share->comm->size;
    step->run = n > 0 ? pg_shards_all(n, cut) : (pg_shard_run){.cut = cut};
    step->offset = offset;
    step->tree = pg_sum_tree_of(size);
    step->sums_of_all = size;
    step->has_own_tree = true;
}

/* Has the rank add its shards of the n rows of the step. */
static void share_shards(training_rows *step, const pg_share *share, size_t n,
                         pg_cut cut)
{
    const pg_comm *comm = share->comm;
    step->run = pg_shards_of_rank(n, cut, comm->rank, comm->size);
    step->tree = pg_sum_tree_of(pg_shards_count(n, cut));
    for (int r = 0; r < comm->size; r++) {
        pg_shard_run run = pg_shards_of_rank(n, cut, r, comm->size);
        step->sums_of_all += pg_sum_tree_tops(&step->tree, run.first, run.end);
    }
    step->skipped = share->is_local ? share->first : 0;
}

static training_rows rows_of_step(const pg_trainer *t, const pg_batch *batch,
                                  const pg_dropout *dropout)
{
    const pg_share *share = &t->share;
    size_t n = batch->positions ? batch->n : t->rows.x.shape[0];
    pg_cut cut = batch->positions ? PG_CUT_BATCH : PG_CUT_ALL_ROWS;
    training_rows step = {.trainer = t,
                          .positions = batch->positions,
                          .n = n,
                          .dropout = dropout};
    if (!share->comm)
        step.run = pg_shards_all(n, cut);
    else if (share->is_local && batch->positions)
        share_roots(&step, share, n, batch->offset, cut);
    else if (share->is_local && share->is_uneven)
        share_roots(&step, share, n, share->first, cut);
    else
        share_shards(&step, share, share->is_local ? share->total : n, cut);
    return step;
}

/* Sets what the rows' gradients are divided by. A rank doesn't know the labels
   of other ranks' batches: where they are weighed, the sum is divided. */
static pg_status set_divisor(training_rows *step, const pg_batch *batch,
                             pg_error *err)
{
    const pg_trainer *t = step->trainer;
    step->divisor = t->divisor;
    if (!t->share.is_local)
        return pg_targets_divisor(&step->divisor, &t->targets, step->positions,
                                  step->n, err);
    if (!step->positions)
        return PG_OK;
    if (!pg_targets_weigh_labels(&t->targets))
        return pg_targets_divisor_of(&step->divisor, &t->targets, batch->total,
                                     NULL, err);
    step->divisor = 1;
    step->divides_sum = true;
    return pg_targets_weight(&step->weight, &t->targets, step->positions,
                             step->n, err);
}

/* Rows first .. first + n - 1 of the step, forward and backward: pg_block_work.
 */
static double train_block(void *context, const pg_workspace *w,
                          pg_gradients *gradients, size_t first, size_t n)
{
    const training_rows *step = context;
    const pg_trainer *t = step->trainer;
    const size_t row = first - step->skipped;
    const int64_t *batch = step->positions ? step->positions + row : NULL;
    pg_step_rows rows = {.x = batch ? pg_rows_batch(&t->rows, w->x, batch, n)
                                    : pg_rows_block(&t->rows, w->x, row, n),
                         .first = step->offset + first,
                         .n = n,
                         .dropout = step->dropout};
    pg_target_block targets =
        pg_targets_block(&t->targets, w->labels, w->targets, batch, row, n);
    pg_step_forward(w, t->weights.buffer, &rows);
    double loss = pg_step_loss(w, &targets, step->divisor, n);
    pg_step_backward(gradients, w, t->weights.buffer, &rows);
    return loss;
}

/* --- the step ------------------------------------------------------------- */

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

static pg_status check_batch(const pg_trainer *t, const pg_batch *batch,
                             pg_error *err)
{
    const int64_t *positions = batch->positions;
    size_t rows = t->rows.x.shape[0];
    if (t->share.is_local ? batch->total == 0 : batch->n == 0)
        return pg_fail(err, PG_EARG, "a batch has at least one row");
    for (size_t i = 0; i < batch->n; i++)
        if (positions[i] < 1 || (size_t)positions[i] > rows)
            return pg_fail(err, PG_EARG,
                           "the batch's position %zu is %lld, outside the "
                           "rows 1 to %zu",
                           i + 1, (long long)positions[i], rows);
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
    const void *buffer = t->shards.sums[0].gradients;
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

/* Hashes the settings and the rows of a step, on which the ranks must agree,
   and weights that are not those of the step before. */
static uint64_t tag_of(const pg_trainer *t,
                       const pg_optimizer_settings *settings,
                       const training_rows *step, bool has_new_weights)
{
    uint64_t tag = pg_tag_add(0, &settings->kind, sizeof settings->kind);
    const double numbers[] = {
        settings->rate,  settings->weight_decay, settings->momentum,
        settings->alpha, settings->dampening,    settings->beta1,
        settings->beta2, settings->eps,          step->divisor};
    tag = pg_tag_add(tag, numbers, sizeof numbers);
    tag = pg_tag_add(tag, &t->optimizer.steps, sizeof t->optimizer.steps);
    if (step->positions && !t->share.is_local)
        tag =
            pg_tag_add(tag, step->positions, step->n * sizeof *step->positions);
    if (has_new_weights)
        tag = pg_tag_add(tag, t->weights.buffer, t->weights.bytes);
    return tag;
}

/* Replaces this rank's sums by a single one, that of all ranks. */
static pg_status exchange_sums(pg_trainer *t, const training_rows *step,
                               uint64_t tag, pg_status status, pg_error *err)
{
    pg_shards *s = &t->shards;
    pg_comm *comm = t->share.comm;
    pg_rank_sums own = {.sums = s->sums,
                        .n = status == PG_OK ? s->sum_count : 0,
                        .of_all = step->sums_of_all,
                        .count = t->layout.count,
                        .dtype = t->layout.dtype,
                        .weight = step->weight,
                        .tag = tag,
                        .status = status};
    if (step->has_own_tree && own.n > 0)
        s->sums[0].node = (uint32_t)(step->tree.leaves + (size_t)comm->rank);
    void *total = pg_shards_room(s);
    double loss = 0;
    if (t->share.is_fast)
        status = pg_sums_exchange_fast(&loss, total, comm, &own, err);
    else
        status = pg_sums_exchange(&loss, total, comm, &t->buffers, &step->tree,
                                  &own, err);
    s->sums[0] = (pg_node_sum){1, loss, total};
    return status;
}

/* Divides the sum of all ranks by the weight of their rows. */
static pg_status divide_sum(training_rows *step, const pg_trainer *t,
                            pg_error *err)
{
    const pg_comm *comm = t->share.comm;
    step->divisor = 0;
    for (int r = 0; r < comm->size; r++)
        step->divisor += comm->meetings[r].weight;
    if (step->divisor == 0)
        return pg_fail(err, PG_EARG,
                       "class_weight: the classes of all rows of the batch "
                       "have the weight 0");
    pg_kernels_for(t->layout.dtype)
        ->scale(t->shards.sums[0].gradients, 1 / step->divisor,
                t->layout.count);
    return PG_OK;
}

/* Sums the gradients of a step's rows at the network's weights, and takes the
   mean of their losses. status is what has happened to this rank until now,
   which the others hear of. */
static pg_status compute_gradients(double *loss, pg_trainer *t,
                                   const pg_network *network,
                                   const pg_optimizer_settings *settings,
                                   const pg_dropout *dropout,
                                   const pg_batch *batch, pg_status status,
                                   pg_error *err)
{
    training_rows step = rows_of_step(t, batch, dropout);
    bool has_new_weights = false;
    if (status == PG_OK)
        status = set_divisor(&step, batch, err);
    if (status == PG_OK) {
        has_new_weights = pg_weights_take(&t->weights, &t->layout, network);
        if (step.positions)
            pg_rows_prefetch(&t->rows, step.positions, step.n);
        status = pg_shards_run(&t->shards, &step.run, train_block, &step, err);
    }
    if (t->share.comm)
        status = exchange_sums(
            t, &step, tag_of(t, settings, &step, has_new_weights), status, err);
    if (status != PG_OK)
        return status;
    if (step.divides_sum)
        status = divide_sum(&step, t, err);
    if (status != PG_OK)
        return status;
    *loss = t->shards.sums[0].loss / step.divisor;
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
                          const pg_dropout *dropout, const pg_batch *batch,
                          pg_error *err)
{
    const pg_layout *layout = &t->layout;
    pg_optimizer other = {0};
    bool is_other = settings->kind != t->optimizer.kind;
    pg_status status = check_layout(t, network, err);
    if (status == PG_OK && batch->positions)
        status = check_batch(t, batch, err);
    if (status == PG_OK)
        status = refresh_rows(t, err);
    if (status == PG_OK)
        status = prepare_dropout(t, dropout, err);
    if (status == PG_OK && is_other)
        status = pg_optimizer_new(&other, settings->kind, layout->dtype,
                                  layout->count, err);
    status = compute_gradients(loss, t, network, settings, dropout, batch,
                               status, err);
    if (status == PG_OK &&
        !pg_optimizer_step(is_other ? &other : &t->optimizer, t->weights.buffer,
                           t->shards.sums[0].gradients, layout->dtype,
                           layout->count, settings))
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
