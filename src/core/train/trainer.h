/*
 * trainer.h -- gradient descent on the fused path, with all rows or with
 * batches of them, in one of two plans: dense, or skipping the zeros of x.
 *
 * Each block of rows goes forward and backward while it is in cache (block.h,
 * shards.h); nothing of size rows x hidden is ever kept.
 */
#ifndef PG_TRAINER_H
#define PG_TRAINER_H

#include "train/optimizer.h"
#include "network/shards.h"

typedef struct pg_trainer pg_trainer;

typedef enum pg_plan { PG_PLAN_CHOSEN, PG_PLAN_DENSE, PG_PLAN_SPARSE } pg_plan;

/* A trainer on x (n, inputs) of any dtype and view, times scale, and labels
   (n) int32 below the network's classes, for networks of the given one's
   layout. It shares x and labels, and needs room for 16 gradients at most. x
   is read through once: PG_EFINITE names row, column and value. PG_ESHAPE
   names both shapes. A plan that is to be chosen depends on shapes and on how
   much of x is 0. */
pg_status pg_trainer_new(pg_trainer **trainer, const pg_array *x, double scale,
                         const pg_array *labels, const pg_network *network,
                         pg_plan plan, pg_error *err);
void pg_trainer_free(pg_trainer *trainer); /* NULL is allowed */

/* The plan in use, and why, into a buffer of PG_PLAN_TEXT bytes. */
enum { PG_PLAN_TEXT = 100 };
pg_plan pg_trainer_plan(const pg_trainer *trainer, char *why);

/* The checksum of the data (pg_data_checksum). PG_ENOMEM. */
pg_status pg_trainer_checksum(pg_trainer *trainer, uint32_t *sum,
                              pg_error *err);

/* As files of before have it (pg_data_checksum_v1). */
pg_status pg_trainer_checksum_v1(uint32_t *sum, const pg_trainer *trainer,
                                 pg_error *err);

/* What a step does. */
typedef struct pg_step {
    pg_optimizer_kind optimizer;
    pg_settings settings;
    const int64_t *batch; /* positions, from 1, of the rows it learns from; */
    size_t count;         /* NULL: all rows */
} pg_step;

/* One update of the network's weights; *loss is the mean cross-entropy of its
   rows before it. The weights may have been changed since the last step. An
   optimizer other than the last step's begins without memory. PG_EARG names a
   position that is none; PG_EINTERRUPT says that the step was given up,
   PG_EFINITE what was not finite; the weights are then left as they were. An
   optimizer whose new weights were not finite begins anew, too. */
pg_status pg_trainer_step(pg_trainer *trainer, const pg_network *network,
                          const pg_step *step, double *loss, pg_error *err);

/* The optimizer of the last step, and the number of steps that it made. */
pg_optimizer_kind pg_trainer_optimizer(const pg_trainer *trainer,
                                       uint64_t *steps);

/* One of the numbers that it remembers for each weight, from 0: read into
   arrays of the weights' shapes, or written. PG_EARG where it has not as many.
 */
pg_status pg_trainer_read_state(const pg_trainer *trainer, int state,
                                const pg_network *into, pg_error *err);
pg_status pg_trainer_write_state(pg_trainer *trainer, int state,
                                 const pg_network *from, pg_error *err);

/* Makes it an optimizer that has made so many steps, and whose memory, zeros so
   far, is then written. PG_ENOMEM. */
pg_status pg_trainer_set_optimizer(pg_trainer *trainer,
                                   pg_optimizer_kind optimizer, uint64_t steps,
                                   pg_error *err);

#endif
