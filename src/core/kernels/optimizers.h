/*
 * optimizers.h -- the optimizers, and the settings of their steps.
 *
 * The rules are PyTorch's (torch.optim), with its names and its order of
 * operations. An optimizer is one line here and a function NAME_step in
 * kernels.c; docs/design.md has the rest.
 */
#ifndef PG_OPTIMIZERS_H
#define PG_OPTIMIZERS_H

#include "base/status.h"

/* The first is the notebook's, and the default. X(NAME, name, states): states
   is how many numbers the optimizer keeps for each weight. */
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

/* The settings of a step, of which each optimizer reads its own. */
typedef struct pg_optimizer_settings {
    pg_optimizer_kind kind;
    double rate, weight_decay;
    double momentum, dampening;
    double alpha, beta1, beta2, eps;
} pg_optimizer_settings;

#endif
