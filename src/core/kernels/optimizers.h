/*
 * optimizers.h -- the optimizers that there are, and what a step of theirs
 * takes.
 *
 * The rules are PyTorch's (torch.optim), with its names and its order of
 * operations. One line here, and a function NAME_step in kernels.c, make an
 * optimizer; docs/design.md has the rest.
 */
#ifndef PG_OPTIMIZERS_H
#define PG_OPTIMIZERS_H

#include "base/status.h"

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

#endif
