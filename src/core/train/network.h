/*
 * network.h -- a fully connected network: the arrays of its weights.
 *
 * Layer l computes f(a W_l^T + b_l) from the layer before it, f being an
 * activation in hidden layers (the notebook's is the sigmoid). In the last it
 * is the softmax where the loss is cross-entropy; the others take the scores
 * themselves. Layers count from 0 here, names from W1.
 */
#ifndef PG_NETWORK_H
#define PG_NETWORK_H

#include "kernels/activation.h"
#include "kernels/loss.h"
#include "array/array.h"

struct pg_random;

/* "sigmoid" and so on, and NULL behind the last. */
extern const char *const pg_activation_names[PG_ACTIVATIONS + 1];
/* "cross_entropy" and so on, and NULL behind the last. */
extern const char *const pg_loss_names[PG_LOSSES + 1];

/* The source of the activation's derivative. */
pg_derivative_source pg_activation_source(pg_activation activation);

enum { PG_MAX_LAYERS = 16 };

/* Arrays that others own; gradients have the same form. */
typedef struct pg_network {
    int layers;
    pg_array *W[PG_MAX_LAYERS];              /* (width of l, width of l - 1) */
    pg_array *b[PG_MAX_LAYERS];              /* (1, width of l) */
    pg_activation activation[PG_MAX_LAYERS]; /* of hidden layers */
    pg_loss loss;
} pg_network;

/* The dropout of a network's hidden layers in a training step (pg_drop of
   kernels.h). */
typedef struct pg_dropout {
    double p[PG_MAX_LAYERS]; /* 0: none */
    uint64_t key, iteration;
} pg_dropout;

/* The probability of a hidden layer, from 0; 0 where dropout is NULL. */
static inline double pg_dropout_p(const pg_dropout *dropout, int layer)
{
    return dropout ? dropout->p[layer] : 0;
}

/* PG_EARG names the first of the hidden layers whose p is not from 0 to below
   1. */
pg_status pg_dropout_check(const pg_dropout *dropout, int layers,
                           pg_error *err);

/* PG_ESHAPE, naming both shapes, unless each layer fits the one before it;
   PG_EDTYPE unless all are float32 or all float64. */
pg_status pg_network_check(const pg_network *network, pg_error *err);

/* Also checks that the gradients have the network's shapes. */
pg_status pg_network_check_gradients(const pg_network *gradients,
                                     const pg_network *network, pg_error *err);

/* Also checks that x is (n, inputs). */
pg_status pg_network_check_input(const pg_network *network, const pg_array *x,
                                 pg_error *err);

/* Fills the network's empty arrays as the notebook does: W_l standard normal
   times sqrt(1 / width of l - 1), drawn in order in float64 and then rounded,
   b_l zero. widths (layers + 1), the inputs first; PG_EARG for a width of 0,
   or a number of layers beyond 1 to PG_MAX_LAYERS. */
pg_status pg_network_initialize(const pg_network *network, pg_dtype dtype,
                                const size_t *widths, struct pg_random *random,
                                pg_error *err);

#endif
