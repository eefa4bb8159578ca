/*
 * shards.h -- sums over all rows, as gradients are, by many threads.
 *
 * The rows are cut into shards, the shards into blocks. A thread takes a shard
 * and has each block's gradients added to those of the shard; these are then
 * added in order. So every number of threads gives the same bits.
 */
#ifndef PG_SHARDS_H
#define PG_SHARDS_H

#include "train/step.h"

/* Enough for 16 threads; each costs a gradient of memory. */
enum { PG_MOST_SHARDS = 16 };

/* Zeroed but for threads.layout and .rows: with room for nothing yet. */
typedef struct pg_shards {
    int count;       /* of the last run */
    void *gradients; /* parameter buffers, for the most shards of any run */
    size_t bytes;
    double losses[PG_MOST_SHARDS];
    pg_workspaces threads;
} pg_shards;

void pg_shards_free(pg_shards *shards);

/* Rows first .. first + n - 1: adds to the gradients, and returns
   what is added to the loss. */
typedef double (*pg_shard_work)(void *context, const pg_workspace *w,
                                void *gradients, size_t first, size_t n);

/* Has n rows worked on, in blocks of block_rows, which with n decides how they
   are cut. The sum of the gradients is the first buffer then, and the loss
   is returned in *loss. PG_ENOMEM; PG_EINTERRUPT. */
pg_status pg_shards_run(pg_shards *shards, size_t n, size_t block_rows,
                        pg_shard_work work, void *context, double *loss,
                        pg_error *err);

#endif
