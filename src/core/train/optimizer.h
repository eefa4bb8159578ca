/*
 * optimizer.h -- from gradients to new weights: an optimizer and what it
 * remembers.
 */
#ifndef PG_OPTIMIZER_H
#define PG_OPTIMIZER_H

#include "kernels/optimizers.h"
#include "network/network.h"

/* Their names, "sgd" and so on, and NULL behind the last. */
extern const char *const pg_optimizer_names[PG_OPTIMIZERS + 1];

/* How many numbers it remembers for each weight. */
int pg_optimizer_states(pg_optimizer_kind kind);

/* What an optimizer remembers, as runs of numbers; zeroed: sgd, and nothing. */
typedef struct pg_optimizer {
    pg_optimizer_kind kind;
    uint64_t steps; /* that were made */
    char *memory;
    size_t bytes, run; /* of all runs, and of one */
} pg_optimizer;

/* Makes it one of that kind that remembers nothing, unless it is of that kind
   already. PG_ENOMEM leaves it as it was. */
pg_status pg_optimizer_need(pg_optimizer *o, pg_optimizer_kind kind,
                            const pg_layout *layout, pg_error *err);
void pg_optimizer_free(pg_optimizer *o);

/* One of the runs that it remembers, of the layout's count. */
void *pg_optimizer_state(const pg_optimizer *o, int which);

/* Changes the weights w by the gradient g: runs of the layout. False: something
   of them is not finite now; the optimizer then begins anew. */
bool pg_optimizer_step(pg_optimizer *o, const pg_layout *layout,
                       const pg_settings *settings, void *w, const void *g);

#endif
