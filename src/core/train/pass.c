/* Starting and ending a pass over all rows. */

#include "train/pass.h"

#include "base/memory.h"

pg_status pg_pass_start(pg_pass *pass, const pg_network *network,
                        const pg_array *x, double scale, pg_dtype dtype,
                        pg_error *err)
{
    *pass = (pg_pass){.shards = {.layout = &pass->layout, .rows = &pass->rows}};
    pg_layout_of(&pass->layout, network);
    pass->layout.dtype = dtype;
    pg_rows_view(&pass->rows, x, scale, dtype);
    pass->weights = pg_malloc(pg_layout_bytes(&pass->layout));
    if (!pass->weights)
        return pg_fail_memory(err, pg_layout_bytes(&pass->layout));
    pg_layout_pack(&pass->layout, pass->weights, network);
    return PG_OK;
}

pg_status pg_pass_run(pg_pass *pass, pg_block_work work, void *context,
                      pg_error *err)
{
    pg_shard_run all = pg_shards_all(pass->rows.x.shape[0], PG_CUT_ALL_ROWS);
    return pg_shards_run(&pass->shards, &all, work, context, err);
}

void pg_pass_end(pg_pass *pass)
{
    pg_shards_free(&pass->shards);
    pg_free(pass->weights, pg_layout_bytes(&pass->layout));
    pg_rows_release(&pass->rows);
}
