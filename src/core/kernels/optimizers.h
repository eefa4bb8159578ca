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

/* The target of weight decay: the gradient, to which it adds weight_decay * w,
   or the weight itself, which loses rate * weight_decay * w before the step. */
typedef enum pg_decay { PG_DECAYS_BY_GRADIENT, PG_DECAYS_WEIGHT } pg_decay;

/* The first is the notebook's, and the default. X(NAME, name, states, decay):
   states is how many numbers the optimizer keeps for each weight. */
#define PG_OPTIMIZER_LIST(X)                        \
    X(SGD, sgd, 0, PG_DECAYS_BY_GRADIENT)           \
    X(MOMENTUM, momentum, 1, PG_DECAYS_BY_GRADIENT) \
    X(NESTEROV, nesterov, 1, PG_DECAYS_BY_GRADIENT) \
    X(RMSPROP, rmsprop, 2, PG_DECAYS_BY_GRADIENT)   \
    X(ADAM, adam, 2, PG_DECAYS_BY_GRADIENT)         \
    X(ADAMW, adamw, 2, PG_DECAYS_WEIGHT)

enum { PG_MOST_STATES = 2 };

#define PG_OPTIMIZER_VALUE(upper, lower, states, decay) PG_OPTIMIZER_##upper,
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
