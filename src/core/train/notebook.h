/*
 * notebook.h -- the kernels of the notebook: forward, gradient, update, and how
 * wrong a network is.
 *
 * Empty output arrays are made. Others are written to: each must have the right
 * shape and dtype, be contiguous, and share no element with an input or another
 * output (PG_ESHAPE, PG_EDTYPE or PG_EARG, by the name "out.A1"); all are
 * checked before anything is written. PG_ESHAPE names both shapes.
 */
#ifndef PG_NOTEBOOK_H
#define PG_NOTEBOOK_H

#include "train/network.h"

/* a[l] (n, width of l) = f(a[l - 1] W_l^T + b_l) of all layers, from x (n,
   inputs) in place of a[-1], in the dtype that x's and the weights' promote to.
 */
pg_status pg_forward(pg_array *const *a, const pg_network *network,
                     const pg_array *x, pg_error *err);

/* The gradient of cross-entropy by the formulas of step.h, dW_l and db_l, in
   the dtype of a[last]. y is (n) labels or (n, classes). */
pg_status pg_gradient(const pg_network *gradients, const pg_array *x,
                      const pg_array *y, const pg_array *const *a,
                      const pg_network *network, pg_error *err);

/* A step of gradient descent in place: W_l -= rate * dW_l, b_l -= rate * db_l.
   PG_ESHAPE and PG_ENOMEM come before anything is changed. */
pg_status pg_update(const pg_network *network, const pg_network *gradients,
                    double rate, pg_error *err);

/* -sum(y * log(a + 1e-9)) / n, for a (n, classes) and y (n) labels or
   (n, classes), summed in float64. */
pg_status pg_cross_entropy(double *loss, const pg_array *a, const pg_array *y,
                           pg_error *err);

/* The part of labels, 0..1, that are equal in two arrays of one shape and of
   rank 1 at most. PG_ESHAPE for another rank, since most elements of one-hot
   rows agree even where the labels differ, and for no labels. */
pg_status pg_accuracy(double *accuracy, const pg_array *a, const pg_array *b,
                      pg_error *err);

#endif
