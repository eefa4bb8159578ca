/*
 * activation.h -- the activations of hidden layers.
 *
 * An activation is one line here and two functions in kernels.c (NAME_of and
 * NAME_derivative); docs/design.md has the rest.
 */
#ifndef PG_ACTIVATION_H
#define PG_ACTIVATION_H

/* The source of an activation's derivative: its output; the output's
   sign alone; or z, its argument. The output takes the place of z unless that
   is needed. */
typedef enum pg_derivative_source {
    PG_FROM_OUTPUT,
    PG_FROM_SIGN,
    PG_FROM_Z
} pg_derivative_source;

/* X(NAME, name, source). The first is the notebook's, and the default. */
#define PG_ACTIVATION_LIST(X)               \
    X(SIGMOID, sigmoid, PG_FROM_OUTPUT)     \
    X(TANH, tanh, PG_FROM_OUTPUT)           \
    X(RELU, relu, PG_FROM_SIGN)             \
    X(LEAKY_RELU, leaky_relu, PG_FROM_SIGN) \
    X(GELU, gelu, PG_FROM_Z)

#define PG_ACTIVATION_VALUE(upper, lower, source) PG_ACTIVATION_##upper,
typedef enum pg_activation {
    PG_ACTIVATION_LIST(PG_ACTIVATION_VALUE) PG_ACTIVATIONS
} pg_activation;

/* The slope of leaky_relu below 0. */
#define PG_LEAKY_SLOPE 0.01

#endif
