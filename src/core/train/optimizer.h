/*
 * optimizer.h -- an optimizer: the numbers that it remembers for each weight,
 * and its steps.
 */
#ifndef PG_OPTIMIZER_H
#define PG_OPTIMIZER_H

#include "array/dtype.h"
#include "kernels/optimizers.h"

/* "sgd" and so on, and NULL behind the last. */
extern const char *const pg_optimizer_names[PG_OPTIMIZERS + 1];

/* The number of states of an optimizer: numbers that it keeps for each weight.
 */
int pg_optimizer_states(pg_optimizer_kind kind);

/* Zeroed: sgd, which has no states. */
typedef struct pg_optimizer {
    pg_optimizer_kind kind;
    uint64_t steps; /* the number of steps made */
    char *memory;   /* the states, one after the other */
    size_t bytes, state_bytes;
} pg_optimizer;

/* *o: an optimizer of the kind for `count` weights, with states of 0.
   PG_ENOMEM. */
pg_status pg_optimizer_new(pg_optimizer *o, pg_optimizer_kind kind,
                           pg_dtype dtype, size_t count, pg_error *err);
void pg_optimizer_free(pg_optimizer *o);

/* Replaces the optimizer by one with this number of steps and with states of 0.
   PG_ENOMEM leaves it as it was. */
pg_status pg_optimizer_replace(pg_optimizer *o, pg_optimizer_kind kind,
                               pg_dtype dtype, size_t count, uint64_t steps,
                               pg_error *err);

/* PG_EARG, naming the optimizer, for a state that it does not have. */
pg_status pg_optimizer_check_state(const pg_optimizer *o, int state,
                                   pg_error *err);

/* One of the states, from 0: as many numbers as there are weights. */
void *pg_optimizer_state(const pg_optimizer *o, int state);

/* Makes a step: changes the weights (count) and the states by the gradients
   (count), with interrupts disabled. The settings are of the optimizer's kind.
   False where a new weight is not finite; the optimizer is then cleared. */
bool pg_optimizer_step(pg_optimizer *o, void *weights, const void *gradients,
                       pg_dtype dtype, size_t count,
                       const pg_optimizer_settings *settings);

#endif
