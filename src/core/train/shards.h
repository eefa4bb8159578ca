/*
 * shards.h -- sums over the rows of a step: gradients and losses, with the same
 * bits for any number of threads.
 *
 * Rows are cut into shards by their number alone:
 *
 *     all rows   The rows form groups of 128. The number of shards is the least
 *                power of two, from 16 to 1024, that leaves at most 16 groups
 * to a shard, but no more than there are groups. 60,000 rows: 32 shards. a
 * batch    1 shard up to 64 rows, 2 up to 512, then one for each 256, at most
 * 1024. Their numbers of rows differ by at most one.
 *
 * With half the rows to a shard, clearing and adding gradients took 2.5 % of a
 * step of 60,000 rows and 100 units, in place of 1.4 %.
 *
 * The sums of the shards are added in one binary tree: node i of a level is
 * node 2i plus node 2i + 1 of the level below, in that order, or node 2i alone
 * at the end (sum_tree.h). An aligned run of shards is a node, so that a rank
 * may own one.
 *
 * Each thread takes the next shard, and adds its blocks up in a partial sum of
 * its own. That waits in the tree until its sibling is there; the thread that
 * comes second adds the right one to the left one and goes on upwards. The
 * uppermost nodes, one for each thread, are added piece by piece by all of
 * them. T threads need at most T (1 + log2(shards / T)) + T - 1 partial sums.
 *
 * A rank has a part of the shards, and is left with the sums of the uppermost
 * nodes in it; pg_sums_exchange goes on from there.
 */
#ifndef PG_SHARDS_H
#define PG_SHARDS_H

#include "comm/sum_tree.h"
#include "train/step.h"

enum { PG_MOST_SHARDS = 1024, PG_MOST_WORKERS = 64 };

typedef enum pg_cut { PG_CUT_ALL_ROWS, PG_CUT_BATCH } pg_cut;

/* The number of shards of n rows; and the first row of a shard, n for the one
   behind the last. */
size_t pg_shards_count(size_t n, pg_cut cut);
size_t pg_shards_first_row(size_t n, pg_cut cut, size_t shard);

/* Shards first .. end - 1 of those into which n rows are cut. */
typedef struct pg_shard_run {
    size_t n;
    pg_cut cut;
    size_t first, end;
} pg_shard_run;

/* All shards of n rows; and the rank's of them, as many as any other's, or one
   less. If there are more ranks than shards, the first ones have one. */
pg_shard_run pg_shards_all(size_t n, pg_cut cut);
pg_shard_run pg_shards_of_rank(size_t n, pg_cut cut, int rank, int ranks);

/* The memory of runs; zeroed but for the first three. */
typedef struct pg_shards {
    const pg_layout *layout;
    const pg_rows *rows;
    bool sums_gradients;
    /* The sums of the last run, until the next one: of the uppermost nodes
       whose shards it had, in their order. */
    pg_node_sum sums[PG_MOST_NODES];
    size_t sum_count;
    struct pg_partial_sum *partial, **ended;
    size_t partials;
    pg_workspace *workspace; /* room for PG_MOST_WORKERS; NULL: none */
    int workspaces;
} pg_shards;

void pg_shards_free(pg_shards *s);

/* Works on rows first .. first + n - 1, at most pg_workspace_rows: adds to the
   gradients, where they are summed, and returns what is added to the loss.
   Called from several threads at once, each with its own workspace. */
typedef double (*pg_block_work)(void *context, const pg_workspace *w,
                                pg_gradients *gradients, size_t first,
                                size_t n);

/* Has the rows of a run worked on; s->sums are the sums, a single one for all
   shards. PG_ENOMEM; PG_EINTERRUPT. */
pg_status pg_shards_run(pg_shards *s, const pg_shard_run *run,
                        pg_block_work work, void *context, pg_error *err);

/* Gradients for the sum of all ranks, after a run: those of the first sum, if
   there is one. NULL where the run failed before it had memory. */
void *pg_shards_room(const pg_shards *s);

#endif
