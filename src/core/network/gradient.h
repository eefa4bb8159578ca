/*
 * gradient.h -- the gradient of cross-entropy by all weights, as the notebook's
 * gradient has it.
 */
#ifndef PG_GRADIENT_H
#define PG_GRADIENT_H

#include "network/network.h"

/* With dZ = (a[last] - y) / n in the last layer, and
   dZ_l = (dZ_{l+1} W_{l+1}) * a[l] * (1 - a[l]) in those before:
       dW_l = dZ_l^T a[l - 1],   db_l = the sum of dZ_l's rows,
   into the gradients' arrays, in the dtype of a[last]. x stands for a[-1]; y is
   (n) labels or (n, classes). Empty arrays are made; others are written to and
   must be as results.h says. PG_ESHAPE names both shapes. */
pg_status pg_gradient(const pg_network *gradients, const pg_array *x,
                      const pg_array *y, const pg_array *const *a,
                      const pg_network *network, pg_error *err);

#endif
