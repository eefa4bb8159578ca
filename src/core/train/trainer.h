/*
 * trainer.h -- gradient descent with all rows of x or with batches of them, in
 * one of two plans: dense, or without the zeros of x.
 */
#ifndef PG_TRAINER_H
#define PG_TRAINER_H

#include "train/network.h"
#include "train/optimizer.h"
#include "train/shards.h"
#include "train/targets.h"

typedef struct pg_trainer pg_trainer;

typedef enum pg_plan { PG_PLAN_CHOSEN, PG_PLAN_DENSE, PG_PLAN_SPARSE } pg_plan;

/* A trainer on x (n, inputs) of any dtype and view, times scale, and targets y,
   as pg_targets_read gives them, for networks of the given one's layout and
   loss. A rank may have no rows (pg_share). It shares x and copies y. x is read
   once: PG_EFINITE names row, column and value. PG_ESHAPE names both shapes;
   pg_targets_new has the errors of y and of the loss's options. PG_PLAN_CHOSEN
   depends on shapes and on how much of x is 0; it is dense for x that is mapped
   from a file. PG_PLAN_SPARSE is dense for a network without a hidden layer. */
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

/* The ranks that train one network, each with a part of the rows of a step. All
   have the same weights, and make the same steps. Each adds up the gradients of
   its shards; the sum over all ranks, and so the new weights, have the bits
   that one process with all rows gets, unless it is said otherwise. */
typedef struct pg_share {
    pg_comm *comm; /* NULL: there are no others */
    bool is_fast;  /* sums are added in any order: other last bits */
    bool is_local; /* x and y are the rank's rows alone; below: else unset */
    size_t total;  /* rows of all ranks */
    size_t first;  /* rows of the ranks before this one */
    const int64_t *label_counts; /* (classes) of all ranks' rows, of the maker;
                                    NULL unless labels are weighed */
    bool is_uneven; /* the rank's rows are not those of its shards of all rows:
                       they are cut into shards of their own, and the bits
                       depend on how the rows are shared */
} pg_share;

/* Shares the steps that follow with others. comm must stay until the trainer is
   freed, or shares with none. PG_ESHAPE where local rows that are not uneven
   are not those of pg_shards_of_rank; PG_EARG as pg_targets_divisor_of. */
pg_status pg_trainer_share(pg_trainer *trainer, const pg_share *share,
                           pg_error *err);

/* The labels of x's rows by their number: counts (classes), which the caller
   has cleared. False, and untouched, unless labels are weighed. */
bool pg_trainer_count_labels(int64_t *counts, const pg_trainer *trainer);

/* PG_PLAN_CHOSEN is dense where a larger part of x is not 0: CBLAS is faster
   then. */
#define PG_MOST_DENSITY 0.5

/* The part of x's numbers that are not zero, 0..1, as far as that was found out
   for the plan; else a negative number. */
double pg_trainer_density(const pg_trainer *trainer);

/* The rows of a step. Of local rows, a batch is the rank's part of one. */
typedef struct pg_batch {
    const int64_t *positions; /* (n), from 1; NULL: all rows, and n is unset */
    size_t n;
    size_t total;  /* of local rows: those of all ranks' parts */
    size_t offset; /* of local rows: those of the parts of the ranks before */
} pg_batch;

/* Updates the network's weights once, from the rows of a batch, with dropout
   unless that is NULL. *loss is the mean loss of these rows before the update,
   with dropout, too (targets.h). The weights may have been changed since the
   last step. Another optimizer than the last step's begins with states of 0.
   PG_EARG names a position outside the rows, or a layer whose dropout is no
   probability below 1; PG_EINTERRUPT; PG_ENOMEM; PG_EFINITE names what was not
   finite. An error of one rank is that of all, who get it with its number, as
   PG_EARG where they make different steps; PG_EIO. A step that fails leaves the
   weights as they were, and the last step's optimizer too, unless that gave
   weights that are not finite: then it is cleared. */
pg_status pg_trainer_step(double *loss, pg_trainer *trainer,
                          const pg_network *network,
                          const pg_optimizer_settings *settings,
                          const pg_dropout *dropout, const pg_batch *batch,
                          pg_error *err);

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
