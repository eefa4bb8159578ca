/*
 * pass.h -- rows of x on their way through a network, block by block: what
 * forward, gradient and predict share.
 */
#ifndef PG_PASS_H
#define PG_PASS_H

#include "train/step.h"

/* x and the weights, as the blocks read them; zeroed: nothing to end. */
typedef struct pg_pass {
    pg_layout layout;
    pg_rows rows;
    void *weights; /* a parameter buffer */
    size_t bytes;
    pg_workspaces threads; /* of pg_pass_run */
} pg_pass;

/* Packs the weights of a network that was checked, as dtype. PG_ENOMEM. It is
   to be ended in either case. */
pg_status pg_pass_start(pg_pass *pass, const pg_network *network,
                        const pg_array *x, double scale, pg_dtype dtype,
                        pg_error *err);
void pg_pass_end(pg_pass *pass);

/* Rows first .. first + n - 1; false: something is wrong with them. */
typedef bool (*pg_pass_work)(void *context, const pg_workspace *w, size_t first,
                             size_t n);

/* Has all blocks worked on, by many threads. *wrong is the first row of the
   first block that something was wrong with, or the number of rows. */
pg_status pg_pass_run(pg_pass *pass, pg_pass_work work, void *context,
                      size_t *wrong, pg_error *err);

#endif
