/*
 * activation.h -- what the units of a hidden layer compute.
 *
 * One line here, and two in kernels.c (NAME_of and NAME_slope), make an
 * activation; docs/design.md has the rest.
 */
#ifndef PG_ACTIVATION_H
#define PG_ACTIVATION_H

/* The first is the notebook's, and what is meant where nothing is said. */
#define PG_ACTIVATION_LIST(X) \
    X(SIGMOID, sigmoid)       \
    X(TANH, tanh)             \
    X(RELU, relu)

#define PG_ACTIVATION_VALUE(upper, lower) PG_ACTIVATION_##upper,
typedef enum pg_activation {
    PG_ACTIVATION_LIST(PG_ACTIVATION_VALUE) PG_ACTIVATIONS
} pg_activation;

/* Their names, "sigmoid" and so on, and NULL behind the last. */
extern const char *const pg_activation_names[PG_ACTIVATIONS + 1];

#endif
