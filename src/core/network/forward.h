/*
 * forward.h -- the activations of a network, as the notebook's
 * forward_propagation has them.
 */
#ifndef PG_FORWARD_H
#define PG_FORWARD_H

#include "network/network.h"

/* a[l] (n, width of l) = f(a[l - 1] W_l^T + b_l) into the network's number of
   arrays, from x (n, inputs) in place of a[-1]. Their dtype is what x's and the
   weights' promote to. Empty arrays are made; others are written to and must be
   as results.h says. PG_ESHAPE names both shapes. */
pg_status pg_forward(pg_array *const *a, const pg_network *network,
                     const pg_array *x, pg_error *err);

#endif
