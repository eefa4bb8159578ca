/*
 * pass.h -- a network and rows of x, ready for one pass over all rows: what
 * forward, gradient and predict share.
 */
#ifndef PG_PASS_H
#define PG_PASS_H

#include "train/shards.h"

/* Zeroed: nothing to end. It must stay where it was started. */
typedef struct pg_pass {
    pg_layout layout;
    pg_rows rows;
    void *weights; /* a parameter buffer */
    pg_shards shards;
} pg_pass;

/* Packs the weights of a network that was checked, as dtype. PG_ENOMEM.
   pg_pass_end must follow in either case. */
pg_status pg_pass_start(pg_pass *pass, const pg_network *network,
                        const pg_array *x, double scale, pg_dtype dtype,
                        pg_error *err);

/* Has all rows worked on; pass->shards.sums[0] is then the sum. */
pg_status pg_pass_run(pg_pass *pass, pg_block_work work, void *context,
                      pg_error *err);
void pg_pass_end(pg_pass *pass);

#endif
