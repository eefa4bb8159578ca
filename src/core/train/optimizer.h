/*
 * optimizer.h -- an optimizer, and the numbers that it remembers for each
 * weight.
 */
#ifndef PG_OPTIMIZER_H
#define PG_OPTIMIZER_H

#include "kernels/optimizers.h"
#include "train/layout.h"

/* "sgd" and so on, and NULL behind the last. */
extern const char *const pg_optimizer_names[PG_OPTIMIZERS + 1];

/* The number of states of an optimizer: numbers that it keeps for each weight.
 */
int pg_optimizer_states(pg_optimizer_kind kind);

/* Its states are parameter buffers; zeroed: sgd, which has none. */
typedef struct pg_optimizer {
    pg_optimizer_kind kind;
    uint64_t steps; /* the number of steps made */
    char *memory;   /* the states, one after the other */
    size_t bytes, state_bytes;
} pg_optimizer;

/* *o: an optimizer of the kind with states of 0. PG_ENOMEM. */
pg_status pg_optimizer_new(pg_optimizer *o, pg_optimizer_kind kind,
                           const pg_layout *layout, pg_error *err);
void pg_optimizer_free(pg_optimizer *o);

/* Forgets all steps. */
void pg_optimizer_clear(pg_optimizer *o);

/* One of the states, from 0. */
void *pg_optimizer_state(const pg_optimizer *o, int state);

#endif
