/* The driver of a step: shards to threads, partial sums up the tree; shards.h
   has the order. */

#include "train/shards.h"

#include <stdatomic.h>
#include <string.h>

#include "base/blas.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/threads.h"
#include "kernels/kernels.h"

/* --- the cut -------------------------------------------------------------- */

enum {
    MOST_LEVELS = 10,       /* of PG_MOST_SHARDS */
    GROUP = PG_SPARSE_ROWS, /* rows: compressed blocks are not cut */
    SHARD_GROUPS = 16,
    LEAST_SHARDS = 16, /* small data, too, has work for some threads */
    MOST_ALONE = 64,   /* rows of a batch: fewer are not worth two sums */
    MOST_IN_TWO = 512, /* rows of a batch */
    BATCH_SHARD = 256, /* rows */
};

size_t pg_shards_count(size_t n, pg_cut cut)
{
    size_t groups = pg_size_divide_up(n, GROUP), count = LEAST_SHARDS;
    if (cut == PG_CUT_BATCH) {
        if (n <= MOST_ALONE)
            return 1;
        count = n <= MOST_IN_TWO ? 2 : pg_size_divide_up(n, BATCH_SHARD);
        return pg_size_min(count, PG_MOST_SHARDS);
    }
    while (count < PG_MOST_SHARDS && count * SHARD_GROUPS < groups)
        count *= 2;
    return pg_size_max(1, pg_size_min(count, groups));
}

size_t pg_shards_first_row(size_t n, pg_cut cut, size_t shard)
{
    size_t count = pg_shards_count(n, cut);
    pg_assert(shard <= count);
    if (cut == PG_CUT_BATCH)
        return n * shard / count;
    return pg_size_min(n, pg_size_divide_up(n, GROUP) * shard / count * GROUP);
}

pg_shard_run pg_shards_all(size_t n, pg_cut cut)
{
    return (pg_shard_run){.n = n, .cut = cut, .end = pg_shards_count(n, cut)};
}

pg_shard_run pg_shards_of_rank(size_t n, pg_cut cut, int rank, int ranks)
{
    pg_assert(rank >= 0 && rank < ranks);
    size_t count = pg_shards_count(n, cut);
    size_t owners = pg_size_min((size_t)ranks, count);
    size_t place = pg_size_min((size_t)rank, owners);
    size_t first = count * place / owners;
    size_t end = place < owners ? count * (place + 1) / owners : first;
    return (pg_shard_run){.n = n, .cut = cut, .first = first, .end = end};
}

/* --- memory --------------------------------------------------------------- */

/* The sum of a node of the tree. */
typedef struct pg_partial_sum {
    double loss;
    pg_gradients gradients; /* without a buffer where none are summed */
    atomic_bool is_used;
} partial_sum;

static size_t gradient_bytes(const pg_shards *s)
{
    return s->sums_gradients ? pg_layout_bytes(s->layout) : 0;
}

/* Makes `workers` workspaces and `partials` partial sums where there are fewer.
 */
static pg_status need_memory(pg_shards *s, int workers, size_t partials,
                             pg_error *err)
{
    const size_t bytes = gradient_bytes(s);
    const size_t workspace_bytes = PG_MOST_WORKERS * sizeof *s->workspace;
    const size_t partial_bytes = PG_MOST_SHARDS * sizeof *s->partial;
    const size_t ended_bytes = 2 * PG_MOST_SHARDS * sizeof *s->ended;
    pg_status status = pg_blas_reserve(workers, err);
    if (!s->workspace)
        s->workspace = pg_malloc(workspace_bytes);
    if (!s->workspace)
        return pg_fail_memory(err, workspace_bytes);
    if (!s->partial)
        s->partial = pg_malloc(partial_bytes);
    if (!s->partial)
        return pg_fail_memory(err, partial_bytes);
    if (!s->ended)
        s->ended = pg_malloc(ended_bytes);
    if (!s->ended)
        return pg_fail_memory(err, ended_bytes);
    while (s->workspaces < workers && status == PG_OK) {
        status = pg_workspace_new(&s->workspace[s->workspaces], s->layout,
                                  s->rows, err);
        s->workspaces += status == PG_OK;
    }
    while (s->partials < partials && status == PG_OK) {
        partial_sum *p = &s->partial[s->partials];
        *p = (partial_sum){.gradients.buffer = bytes ? pg_malloc(bytes) : NULL};
        if (bytes && !p->gradients.buffer)
            return pg_fail_memory(err, bytes);
        s->partials++;
    }
    return status;
}

void pg_shards_free(pg_shards *s)
{
    while (s->workspaces > 0)
        pg_workspace_release(&s->workspace[--s->workspaces]);
    while (s->partials > 0)
        pg_free(s->partial[--s->partials].gradients.buffer, gradient_bytes(s));
    pg_free(s->workspace, PG_MOST_WORKERS * sizeof *s->workspace);
    pg_free(s->partial, PG_MOST_SHARDS * sizeof *s->partial);
    pg_free(s->ended, 2 * PG_MOST_SHARDS * sizeof *s->ended);
    s->workspace = NULL;
    s->partial = NULL;
    s->ended = NULL;
    s->sum_count = 0;
}

/* --- a run ---------------------------------------------------------------- */

/* Sums that are to be added, in this order: left += right. */
typedef struct addition {
    partial_sum *left, *right;
} addition;

typedef struct run {
    pg_shards *s;
    pg_shard_run rows;
    pg_block_work work;
    void *context;
    pg_sum_tree tree;
    size_t tops; /* children of nodes below this number are added at the end */
    addition upper[2 * PG_MOST_WORKERS]; /* these */
    int upper_count;
    partial_sum *
        *ended; /* (2 leaves) sums that went no higher, by their node */
    _Atomic(partial_sum *) waiting[PG_MOST_SHARDS]; /* a child of the node */
} run;

/* There are as many as may be in use at a time: shards.h. */
static partial_sum *take_partial(const pg_shards *s)
{
    for (size_t i = 0; i < s->partials; i++)
        if (!atomic_exchange(&s->partial[i].is_used, true))
            return &s->partial[i];
    pg_assert(false);
    return NULL;
}

/* Elements first .. first + count - 1 of the gradients. */
static void add_gradients(const pg_layout *layout, const addition *additions,
                          int n, size_t first, size_t count)
{
    for (int i = 0; i < n; i++)
        pg_kernels_for(layout->dtype)
            ->add_rows(pg_layout_at(layout, additions[i].left->gradients.buffer,
                                    first),
                       pg_layout_at(
                           layout, additions[i].right->gradients.buffer, first),
                       1, count);
}

/* Adds what a shard completes, level by level for a piece of the gradients that
   fits into level 1 cache; the right sums are then free. */
static void add_completed(const run *r, const addition *additions, int n)
{
    const pg_layout *layout = r->s->layout;
    enum { NEAR = 2048 }; /* elements */
    for (size_t i = 0; n > 0 && i < layout->count && r->s->sums_gradients;
         i += NEAR)
        add_gradients(layout, additions, n, i,
                      pg_size_min(NEAR, layout->count - i));
    for (int i = 0; i < n; i++) {
        additions[i].left->loss += additions[i].right->loss;
        atomic_store(&additions[i].right->is_used, false);
    }
}

static bool is_within(const run *r, size_t node)
{
    return pg_sum_tree_is_within(&r->tree, node, r->rows.first, r->rows.end);
}

/* Goes up from the node of a shard as long as siblings wait there, and leaves
   the sum where none does yet, or where other shards than the run's begin. */
static void add_to_tree(run *r, partial_sum *sum, size_t shard)
{
    size_t node = r->tree.leaves + shard, span = 1; /* leaves below the node */
    for (;;) {
        addition additions[MOST_LEVELS];
        int n = 0;
        bool may_rise;
        for (;; node /= 2, span *= 2) {
            may_rise = node >= 2 * r->tops && is_within(r, node / 2);
            if (!may_rise)
                break;
            bool is_left = node % 2 == 0;
            size_t next_shard = (node + 1) * span - r->tree.leaves;
            if (is_left && next_shard >= r->tree.count)
                continue; /* there is no sibling */
            partial_sum *sibling = atomic_load(&r->waiting[node / 2]);
            if (!sibling)
                break;
            additions[n++] =
                is_left ? (addition){sum, sibling} : (addition){sibling, sum};
            sum = additions[n - 1].left;
        }
        add_completed(r, additions, n);
        if (!may_rise) {
            r->ended[node] = sum;
            return;
        }
        /* The exchange fails if the sibling's sum came meanwhile: go on. */
        partial_sum *expected = NULL;
        if (atomic_compare_exchange_strong(&r->waiting[node / 2], &expected,
                                           sum))
            return;
    }
}

/* pg_worker_job */
static void run_shard(void *context, size_t shard, int worker)
{
    run *r = context;
    const pg_shards *s = r->s;
    const pg_shard_run *rows = &r->rows;
    shard += rows->first;
    size_t row = pg_shards_first_row(rows->n, rows->cut, shard);
    size_t end = pg_shards_first_row(rows->n, rows->cut, shard + 1);
    size_t block_rows = pg_workspace_rows(s->layout);
    partial_sum *sum = take_partial(s);
    sum->loss = 0;
    sum->gradients.is_empty = true;
    for (; row < end && !pg_interrupted(); row += block_rows)
        sum->loss += r->work(r->context, &s->workspace[worker], &sum->gradients,
                             row, pg_size_min(block_rows, end - row));
    if (pg_interrupted())
        return;
    if (sum->gradients.is_empty && s->sums_gradients) /* no rows */
        memset(sum->gradients.buffer, 0, gradient_bytes(s));
    add_to_tree(r, sum, shard);
}

enum { PIECE = 16384 }; /* elements of the gradients to a job */

/* The upper part of the tree, for a piece of the gradients: pg_job. */
static void add_piece(void *context, size_t piece)
{
    const run *r = context;
    size_t first = piece * PIECE;
    add_gradients(r->s->layout, r->upper, r->upper_count, first,
                  pg_size_min(PIECE, r->s->layout->count - first));
}

/* Joins the sums that ended, up to the uppermost nodes: their losses, and what
   is to be added to their gradients. */
static void join_ended(run *r)
{
    for (size_t node = r->tops - 1; node >= 1; node--) {
        partial_sum *left = r->ended[2 * node], *right = r->ended[2 * node + 1];
        if ((!left && !right) || !is_within(r, node))
            continue;
        if (left && right) {
            r->upper[r->upper_count++] = (addition){left, right};
            left->loss += right->loss;
        }
        r->ended[node] = left ? left : right;
        r->ended[2 * node] = r->ended[2 * node + 1] = NULL;
    }
}

/* Adds the node's sum to s->sums, or, from left to right, those below it. */
static void collect_sums(run *r, size_t node)
{
    pg_shards *s = r->s;
    const partial_sum *sum = r->ended[node];
    if (sum) {
        pg_assert(s->sum_count < PG_MOST_NODES);
        s->sums[s->sum_count++] =
            (pg_node_sum){(uint32_t)node, sum->loss, sum->gradients.buffer};
        return;
    }
    for (size_t child = 2 * node;
         child <= 2 * node + 1 && child < 2 * r->tree.leaves; child++)
        collect_sums(r, child);
}

pg_status pg_shards_run(pg_shards *s, const pg_shard_run *rows,
                        pg_block_work work, void *context, pg_error *err)
{
    size_t shards = rows->end - rows->first;
    size_t threads = pg_size_min((size_t)pg_threads(), PG_MOST_WORKERS);
    size_t workers = pg_size_max(1, pg_size_min(threads, shards));
    run r = {.s = s,
             .rows = *rows,
             .work = work,
             .context = context,
             .tree = pg_sum_tree_of(pg_shards_count(rows->n, rows->cut))};
    size_t leaves = r.tree.leaves, tops = pg_sum_tree_of(workers).leaves;
    r.tops = pg_size_min(leaves, tops * leaves / pg_sum_tree_of(shards).leaves);
    size_t partials = workers + tops - 1;
    for (size_t width = r.tops; width < leaves; width *= 2)
        partials += workers;
    if (shards < r.tree.count) /* a part may begin and end anywhere */
        partials += PG_MOST_NODES;
    partials = pg_size_min(shards, partials);
    pg_status status =
        need_memory(s, (int)workers, pg_size_max(1, partials), err);
    if (status != PG_OK)
        return status;
    for (size_t i = 0; i < s->partials; i++)
        s->partial[i].is_used = false;
    s->sum_count = 0;
    r.ended = s->ended;
    memset(r.ended, 0, 2 * leaves * sizeof *r.ended);
    pg_parallel_for_workers((int)workers, shards, run_shard, &r);
    if (pg_interrupted())
        return pg_check_interrupt(err);
    join_ended(&r);
    size_t pieces = pg_size_divide_up(s->layout->count, PIECE);
    if (s->sums_gradients && r.upper_count > 0)
        pg_parallel_for(pieces, pieces > 1, add_piece, &r);
    collect_sums(&r, 1);
    return pg_check_interrupt(err);
}

void *pg_shards_room(const pg_shards *s)
{
    if (s->sum_count > 0)
        return s->sums[0].gradients;
    return s->partials > 0 ? s->partial[0].gradients.buffer : NULL;
}
