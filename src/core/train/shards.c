#include "train/shards.h"

#include <string.h>

#include "base/interrupt.h"
#include "kernels/kernels.h"
#include "base/parallel.h"
#include "base/memory.h"
#include "base/threads.h"

static pg_status need_gradients(pg_shards *s, pg_error *err)
{
    size_t bytes, run = pg_layout_bytes(s->threads.layout);
    if (!pg_size_multiply(&bytes, run, (size_t)s->count))
        bytes = SIZE_MAX;
    if (bytes <= s->bytes)
        return PG_OK;
    void *gradients = pg_malloc(bytes);
    if (!gradients)
        return pg_fail_memory(err, bytes);
    pg_free(s->gradients, s->bytes);
    s->gradients = gradients;
    s->bytes = bytes;
    return PG_OK;
}

void pg_shards_free(pg_shards *s)
{
    pg_workspaces_free(&s->threads);
    pg_free(s->gradients, s->bytes);
    s->gradients = NULL;
    s->bytes = 0;
}

typedef struct job {
    pg_shards *shards;
    size_t n, block_rows, blocks;
    pg_shard_work work;
    void *context;
} job;

static void *run_of(const pg_shards *s, size_t shard)
{
    return pg_layout_at(s->threads.layout, s->gradients,
                        shard * s->threads.layout->count);
}

/* pg_worker_job */
static void run_shard(void *context, size_t shard, int worker)
{
    const job *j = context;
    pg_shards *s = j->shards;
    const pg_workspace *block = &s->threads.of[worker];
    size_t count = (size_t)s->count;
    size_t first = j->blocks * shard / count;
    size_t end = j->blocks * (shard + 1) / count;
    void *gradients = run_of(s, shard);
    memset(gradients, 0, pg_layout_bytes(s->threads.layout));
    s->losses[shard] = 0;
    for (size_t b = first; b < end && !pg_interrupted(); b++) {
        size_t row = b * j->block_rows;
        s->losses[shard] += j->work(j->context, block, gradients, row,
                                    pg_size_min(j->block_rows, j->n - row));
    }
}

enum { PIECE = 16384 }; /* numbers of a gradient to a job */

/* The shards' numbers, one after the other, added to the first's: pg_job. */
static void add_piece(void *context, size_t piece)
{
    const pg_shards *s = context;
    const pg_layout *layout = s->threads.layout;
    size_t first = piece * PIECE;
    size_t count = pg_size_min(PIECE, layout->count - first);
    for (size_t i = 1; i < (size_t)s->count; i++)
        pg_kernels_for(layout->dtype)
            ->add_rows(pg_layout_at(layout, run_of(s, 0), first),
                       pg_layout_at(layout, run_of(s, i), first), 1, count);
}

static double add_shards(pg_shards *s)
{
    double loss = 0;
    for (int i = 0; i < s->count; i++)
        loss += s->losses[i];
    size_t pieces = pg_size_divide_up(s->threads.layout->count, PIECE);
    if (s->count > 1)
        pg_parallel_for(pieces, pieces > 1, add_piece, s);
    return loss;
}

pg_status pg_shards_run(pg_shards *s, size_t n, size_t block_rows,
                        pg_shard_work work, void *context, double *loss,
                        pg_error *err)
{
    job j = {s, n, block_rows, pg_size_divide_up(n, block_rows), work, context};
    s->count = (int)pg_size_max(1, pg_size_min(PG_MOST_SHARDS, j.blocks));
    int threads = (int)pg_size_min((size_t)pg_threads(), (size_t)s->count);
    pg_status status = need_gradients(s, err);
    if (status == PG_OK)
        status = pg_workspaces_need(&s->threads, threads, err);
    if (status != PG_OK)
        return status;
    pg_parallel_for_workers(threads, (size_t)s->count, run_shard, &j);
    *loss = add_shards(s);
    return pg_check_interrupt(err);
}
