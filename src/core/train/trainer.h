/*
 * trainer.h -- gradient descent with all rows of x or with batches of them, in
 * one of two plans: dense, or without the zeros of x.
 */
#ifndef PG_TRAINER_H
#define PG_TRAINER_H

#include "train/network.h"
#include "train/optimizer.h"
#include "train/targets.h"

typedef struct pg_trainer pg_trainer;

typedef enum pg_plan { PG_PLAN_CHOSEN, PG_PLAN_DENSE, PG_PLAN_SPARSE } pg_plan;

/* A trainer on x (n, inputs) of any dtype and view, times scale, and targets y,
   as pg_targets_read gives them, for networks of the given one's layout and
   loss. It shares x and copies y. x is read once: PG_EFINITE names row, column
   and value. PG_ESHAPE names both shapes; pg_targets_new has the errors of
   y and of the loss's options. PG_PLAN_CHOSEN depends on shapes and on how much
   of x is 0; it is dense for x that is mapped from a file. PG_PLAN_SPARSE is
   dense for a network without a hidden layer. */
pg_status pg_trainer_new(pg_trainer **trainer, const pg_array *x, double scale,
                         const pg_array *y, const pg_loss_options *options,
                         const pg_network *network, pg_plan plan,
                         pg_error *err);
void pg_trainer_free(pg_trainer *trainer); /* NULL is allowed */

/* The plan in use, and the reason, into a buffer of PG_PLAN_TEXT bytes. */
enum { PG_PLAN_TEXT = 100 };
pg_plan pg_trainer_plan(char *why, const pg_trainer *trainer);

/* The checksum of the data (pg_data_checksum). PG_ENOMEM. */
pg_status pg_trainer_checksum(uint32_t *sum, pg_trainer *trainer,
                              pg_error *err);

/* The checksum that files of before have (pg_data_checksum_v1). */
pg_status pg_trainer_checksum_v1(uint32_t *sum, const pg_trainer *trainer,
                                 pg_error *err);

/* Updates the network's weights once, from the rows at the positions in batch
   (n), which count from 1, or from all rows where batch is NULL, with dropout
   unless that is NULL. *loss is the mean loss of these rows before the update,
   with dropout, too (targets.h). The weights may have been changed since the
   last step. Another optimizer than the last step's begins with states of 0.
   PG_EARG names a position outside the rows, or a layer whose dropout is no
   probability below 1; PG_EINTERRUPT; PG_ENOMEM; PG_EFINITE names what was not
   finite. A step that fails leaves the weights as they were, and the last
   step's optimizer too, unless that gave weights that are not finite: then it
   is cleared. */
pg_status pg_trainer_step(double *loss, pg_trainer *trainer,
                          const pg_network *network,
                          const pg_optimizer_settings *settings,
                          const pg_dropout *dropout, const int64_t *batch,
                          size_t n, pg_error *err);

/* The optimizer of the last step, and the number of its steps. */
pg_optimizer_kind pg_trainer_optimizer(uint64_t *steps,
                                       const pg_trainer *trainer);

/* Reads one of the optimizer's states, from 0, into arrays of the weights'
   shapes, or writes it from them. PG_EARG for a state that it does not have. */
pg_status pg_trainer_read_state(const pg_network *into,
                                const pg_trainer *trainer, int state,
                                pg_error *err);
pg_status pg_trainer_write_state(pg_trainer *trainer, int state,
                                 const pg_network *from, pg_error *err);

/* Replaces the optimizer by one with this number of steps and with states of 0,
   for pg_trainer_write_state to fill. PG_ENOMEM leaves it as it was. */
pg_status pg_trainer_set_optimizer(pg_trainer *trainer,
                                   pg_optimizer_kind optimizer, uint64_t steps,
                                   pg_error *err);

#endif
