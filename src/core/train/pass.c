#include "train/pass.h"

#include <stdatomic.h>

#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/memory.h"
#include "base/threads.h"

pg_status pg_pass_start(pg_pass *pass, const pg_network *network,
                        const pg_array *x, double scale, pg_dtype dtype,
                        pg_error *err)
{
    *pass = (pg_pass){0};
    pg_layout_of(&pass->layout, network);
    pass->layout.dtype = dtype;
    pg_rows_view(&pass->rows, x, scale, dtype);
    pass->threads.layout = &pass->layout;
    pass->threads.rows = &pass->rows;
    pass->bytes = pg_layout_bytes(&pass->layout);
    pass->weights = pg_malloc(pass->bytes);
    if (!pass->weights)
        return pg_fail_memory(err, pass->bytes);
    pg_layout_pack(&pass->layout, pass->weights, network);
    return PG_OK;
}

void pg_pass_end(pg_pass *pass)
{
    pg_workspaces_free(&pass->threads);
    pg_free(pass->weights, pass->bytes);
    pg_rows_release(&pass->rows);
}

/* The blocks of a pass, and the first row of the first that is wrong. */
typedef struct walk {
    const pg_pass *pass;
    pg_pass_work work;
    void *context;
    size_t step;
    atomic_size_t wrong;
} walk;

/* pg_worker_job */
static void run_block(void *context, size_t block, int worker)
{
    walk *w = context;
    size_t first = block * w->step, n = w->pass->rows.x.shape[0];
    if (w->work(w->context, &w->pass->threads.of[worker], first,
                pg_size_min(w->step, n - first)))
        return;
    size_t wrong = atomic_load(&w->wrong);
    while (first < wrong &&
           !atomic_compare_exchange_weak(&w->wrong, &wrong, first))
        continue;
}

pg_status pg_pass_run(pg_pass *pass, pg_pass_work work, void *context,
                      size_t *wrong, pg_error *err)
{
    size_t n = pass->rows.x.shape[0], step = pg_workspace_rows(&pass->layout);
    size_t blocks = pg_size_divide_up(n, step);
    size_t threads = pg_size_min(blocks, PG_MOST_WORKSPACES);
    threads = pg_size_max(1, pg_size_min(threads, (size_t)pg_threads()));
    pg_status status = pg_workspaces_need(&pass->threads, (int)threads, err);
    if (status != PG_OK)
        return status;
    walk w = {pass, work, context, step, n};
    pg_parallel_for_workers((int)threads, blocks, run_block, &w);
    *wrong = w.wrong;
    return pg_check_interrupt(err);
}
