/*
 * activation.h -- the activations of hidden layers.
 *
 * An activation is one line here and two functions in kernels.c (NAME_of and
 * NAME_derivative); docs/design.md has the rest. Its derivative must follow
 * from its output, because the output takes the place of z.
 */
#ifndef PG_ACTIVATION_H
#define PG_ACTIVATION_H

/* The first is the notebook's, and the default. */
#define PG_ACTIVATION_LIST(X) \
    X(SIGMOID, sigmoid)       \
    X(TANH, tanh)             \
    X(RELU, relu)

#define PG_ACTIVATION_VALUE(upper, lower) PG_ACTIVATION_##upper,
typedef enum pg_activation {
    PG_ACTIVATION_LIST(PG_ACTIVATION_VALUE) PG_ACTIVATIONS
} pg_activation;

#endif
