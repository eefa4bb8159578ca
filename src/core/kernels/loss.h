/*
 * loss.h -- the losses of networks.
 *
 * A loss decides what becomes of the last layer's scores z: cross-entropy takes
 * their softmax; the others take them as they are, because binary cross-entropy
 * is precise only by them. A loss is one line here and a function NAME_loss in
 * kernels.c; docs/design.md has the rest.
 */
#ifndef PG_LOSS_H
#define PG_LOSS_H

/* The first is the notebook's, and the default. X(NAME, name, output) with the
   kernel of the last layer, bias_OUTPUT. */
#define PG_LOSS_LIST(X)                                   \
    X(CROSS_ENTROPY, cross_entropy, softmax)              \
    X(BINARY_CROSS_ENTROPY, binary_cross_entropy, scores) \
    X(MSE, mse, scores)

#define PG_LOSS_VALUE(upper, lower, output) PG_LOSS_##upper,
typedef enum pg_loss { PG_LOSS_LIST(PG_LOSS_VALUE) PG_LOSSES } pg_loss;

#endif
