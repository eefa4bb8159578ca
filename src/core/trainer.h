/*
 * trainer.h -- full-batch gradient descent on the fused path, in one of two
 * plans: dense, or skipping the zeros of x.
 *
 * Each block of rows goes forward and backward while it is in cache (block.h,
 * shards.h); nothing of size rows x hidden is ever kept.
 */
#ifndef PG_TRAINER_H
#define PG_TRAINER_H

#include "shards.h"

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

/* One update of the network's weights; *loss is the mean cross-entropy before
   it. The weights may have been changed since the last step. PG_EFINITE says
   what was not finite, PG_EINTERRUPT that the step was given up; the weights
   are then left as they were. */
pg_status pg_trainer_step(pg_trainer *trainer, const pg_network *network,
                          double rate, const pg_interrupt *interrupt,
                          double *loss, pg_error *err);

#endif
