/*
 * network.h -- a fully connected network: its weights, and their layout as one
 * run of numbers.
 *
 * Layer l computes f(a W_l^T + b_l) from the layer before it, f being an
 * activation in hidden layers (the notebook's is the sigmoid) and the softmax
 * in the last. Layers count from 0 here, names from W1.
 */
#ifndef PG_NETWORK_H
#define PG_NETWORK_H

#include "kernels/activation.h"
#include "array/array.h"

struct pg_random;

enum { PG_MAX_LAYERS = 16 };

/* Arrays that others own; gradients have the same form. */
typedef struct pg_network {
    int layers;
    pg_array *W[PG_MAX_LAYERS];              /* (width of l, width of l - 1) */
    pg_array *b[PG_MAX_LAYERS];              /* (1, width of l) */
    pg_activation activation[PG_MAX_LAYERS]; /* of hidden layers */
} pg_network;

/* PG_ESHAPE, naming both shapes, unless each layer fits the one before it;
   PG_EDTYPE unless all are float32 or all float64. */
pg_status pg_network_check(const pg_network *network, pg_error *err);

/* The same, and that gradients has the network's shapes. */
pg_status pg_network_check_gradients(const pg_network *gradients,
                                     const pg_network *network, pg_error *err);

/* The same, and that x is (n, inputs). */
pg_status pg_network_check_input(const pg_network *network, const pg_array *x,
                                 pg_error *err);

/* Fills the network's empty arrays as the notebook does: W_l standard normal
   times sqrt(1 / width of l - 1), drawn in order in float64 and then rounded,
   b_l zero. widths (layers + 1), the inputs first; PG_EARG for a width of 0,
   or a number of layers beyond 1 to PG_MAX_LAYERS. */
pg_status pg_network_initialize(const pg_network *network, pg_dtype dtype,
                                const size_t *widths, struct pg_random *random,
                                pg_error *err);

/* --- one run of numbers --------------------------------------------------- */

/* Where each W_l (width of l, stride of l - 1) and b_l (stride of l) begins
   among `count` numbers of dtype. Strides are the widths, but for the sparse
   plan: there the first hidden layer is padded to whole registers with zeros,
   and W1 stands input by input, in panels: of each input, the weights of as
   many units as a kernel takes at a time. */
typedef struct pg_layout {
    int layers;
    pg_dtype dtype;
    pg_activation activation[PG_MAX_LAYERS];
    size_t width[PG_MAX_LAYERS + 1]; /* the inputs first */
    size_t stride[PG_MAX_LAYERS + 1];
    size_t W[PG_MAX_LAYERS], b[PG_MAX_LAYERS];
    size_t count;
    size_t panels; /* 0: W1 is as the others */
} pg_layout;

/* Of a network that was checked; dense, and for the sparse plan. */
void pg_layout_of(pg_layout *layout, const pg_network *network);
void pg_layout_sparse_of(pg_layout *layout, const pg_network *network);

/* The first unit of panel p, and its units: whole registers. */
size_t pg_layout_panel(size_t *units, const pg_layout *layout, size_t p);

/* Whether they are of the same network. */
bool pg_layout_same(const pg_layout *a, const pg_layout *b);

/* The address of the number at `offset` of a run. */
void *pg_layout_at(const pg_layout *layout, const void *run, size_t offset);

/* To a run (count) and back, from and to any views. */
void pg_layout_pack(const pg_layout *layout, void *run,
                    const pg_network *network);
void pg_layout_unpack(const pg_layout *layout, const pg_network *network,
                      const void *run);

/* "784-100-10" into a buffer of PG_LAYOUT_TEXT bytes; returns it. */
enum { PG_LAYOUT_TEXT = 400 };
const char *pg_layout_text(char *text, const pg_layout *layout);

#endif
