/*
 * optimizer.h -- from gradients to new weights.
 *
 * The rules are PyTorch's (torch.optim), with its names and its order of
 * operations. One line here, and a function NAME_step in kernels.c, make an
 * optimizer; docs/design.md has the rest.
 */
#ifndef PG_OPTIMIZER_H
#define PG_OPTIMIZER_H

#include "network.h"

/* The first is the notebook's, and what is meant where nothing is said. The
   number is how many numbers it remembers for each weight. */
#define PG_OPTIMIZER_LIST(X) \
    X(SGD, sgd, 0)           \
    X(MOMENTUM, momentum, 1) \
    X(NESTEROV, nesterov, 1) \
    X(RMSPROP, rmsprop, 2)   \
    X(ADAM, adam, 2)

enum { PG_MOST_STATES = 2 };

#define PG_OPTIMIZER_VALUE(upper, lower, states) PG_OPTIMIZER_##upper,
typedef enum pg_optimizer_kind {
    PG_OPTIMIZER_LIST(PG_OPTIMIZER_VALUE) PG_OPTIMIZERS
} pg_optimizer_kind;

/* Their names, "sgd" and so on, and NULL behind the last. */
extern const char *const pg_optimizer_names[PG_OPTIMIZERS + 1];

/* How many numbers it remembers for each weight. */
int pg_optimizer_states(pg_optimizer_kind kind);

/* What is set for a step; each optimizer reads those that it knows. */
typedef struct pg_settings {
    double rate, weight_decay;
    double momentum, dampening;
    double alpha, beta1, beta2, eps;
} pg_settings;

/* A stretch of weights on their way to new ones, all of the kernels' type. */
typedef struct pg_descent {
    void *w;
    const void *g;
    void *state[PG_MOST_STATES]; /* what is remembered of each weight */
    const pg_settings *settings;
    uint64_t step; /* from 1 */
} pg_descent;

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
