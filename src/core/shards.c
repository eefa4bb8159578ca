#include "shards.h"

#include <omp.h>
#include <string.h>

#include "kernels.h"
#include "runtime.h"

/* How the rows are cut depends on the shape alone. */
pg_status pg_shards_new(pg_shards *s, const pg_layout *layout, size_t n,
                        pg_error *err)
{
    *s = (pg_shards){
        .layout = layout, .n = n, .block_rows = pg_block_rows(layout)};
    s->blocks = pg_size_divide_up(n, s->block_rows);
    s->count = (int)pg_size_max(1, pg_size_min(PG_MOST_SHARDS, s->blocks));
    if (!pg_size_multiply(&s->bytes,
                          layout->count * pg_dtype_size(layout->dtype),
                          (size_t)s->count))
        s->bytes = SIZE_MAX;
    s->gradients = pg_malloc(s->bytes);
    return s->gradients ? PG_OK : pg_fail_memory(err, s->bytes);
}

void pg_shards_free(pg_shards *s)
{
    pg_blocks_free(&s->threads);
    pg_free(s->gradients, s->bytes);
    s->gradients = NULL;
}

typedef struct job {
    pg_shards *shards;
    pg_shard_work work;
    void *context;
    const pg_interrupt *interrupt;
} job;

static bool is_given_up(const job *j)
{
    if (j->interrupt && j->interrupt->wanted(j->interrupt->context))
        j->shards->given_up = true;
    return j->shards->given_up;
}

static void *run_of(const pg_shards *s, int shard)
{
    return pg_layout_at(s->layout, s->gradients,
                        (size_t)shard * s->layout->count);
}

static void run_shard(const job *j, const pg_block *block, int shard)
{
    pg_shards *s = j->shards;
    size_t count = (size_t)s->count, at = (size_t)shard;
    size_t first = s->blocks * at / count, end = s->blocks * (at + 1) / count;
    void *gradients = run_of(s, shard);
    memset(gradients, 0, s->layout->count * pg_dtype_size(s->layout->dtype));
    s->losses[shard] = 0;
    for (size_t b = first; b < end && !is_given_up(j); b++) {
        size_t row = b * s->block_rows;
        s->losses[shard] += j->work(j->context, block, gradients, row,
                                    pg_size_min(s->block_rows, s->n - row));
    }
}

static double add_shards(const pg_shards *s)
{
    double loss = 0;
    for (int i = 0; i < s->count; i++)
        loss += s->losses[i];
    if (s->count > 1)
        pg_kernels_for(s->layout->dtype)
            ->add_rows(s->gradients, run_of(s, 1), (size_t)s->count - 1,
                       s->layout->count);
    return loss;
}

pg_status pg_shards_run(pg_shards *s, pg_shard_work work, void *context,
                        const pg_interrupt *interrupt, double *loss,
                        pg_error *err)
{
    job j = {s, work, context, interrupt};
    int threads = pg_threads() < s->count ? pg_threads() : s->count;
    pg_status status = pg_blocks_need(&s->threads, threads, s->layout, err);
    if (status != PG_OK)
        return status;
    s->given_up = false;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = 0; i < s->count; i++)
        run_shard(&j, &s->threads.of[omp_get_thread_num()], i);
    if (s->given_up)
        return pg_fail(err, PG_EINTERRUPT, "interrupted");
    *loss = add_shards(s);
    return PG_OK;
}
