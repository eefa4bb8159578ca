#include "pass.h"

#include <omp.h>

#include "runtime.h"

pg_status pg_pass_start(pg_pass *pass, const pg_network *network,
                        const pg_array *x, double scale, pg_dtype dtype,
                        pg_error *err)
{
    *pass = (pg_pass){0};
    pg_layout_of(&pass->layout, network);
    pass->layout.dtype = dtype;
    pg_rows_view(&pass->rows, x, scale, dtype);
    pass->bytes = pass->layout.count * pg_dtype_size(dtype);
    pass->weights = pg_malloc(pass->bytes);
    if (!pass->weights)
        return pg_fail_memory(err, pass->bytes);
    pg_layout_pack(&pass->layout, pass->weights, network);
    return PG_OK;
}

void pg_pass_end(pg_pass *pass)
{
    pg_blocks_free(&pass->blocks);
    pg_free(pass->weights, pass->bytes);
    pg_rows_release(&pass->rows);
}

pg_status pg_pass_run(pg_pass *pass, pg_pass_work work, void *context,
                      size_t *wrong, pg_error *err)
{
    size_t n = pass->rows.x.shape[0], step = pg_block_rows(&pass->layout);
    size_t threads = pg_size_min(pg_size_divide_up(n, step), PG_MOST_BLOCKS);
    size_t strange = n;
    threads = pg_size_max(1, pg_size_min(threads, (size_t)pg_threads()));
    pg_status status =
        pg_blocks_need(&pass->blocks, (int)threads, &pass->layout, err);
    if (status != PG_OK)
        return status;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) \
    reduction(min                                                  \
              : strange)
    for (size_t first = 0; first < n; first += step)
        if (!work(context, &pass->blocks.of[omp_get_thread_num()], first,
                  pg_size_min(step, n - first)))
            strange = pg_size_min(strange, first);
    *wrong = strange;
    return PG_OK;
}
