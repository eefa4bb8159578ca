/*
 * loss.h -- how wrong a network is: cross-entropy and accuracy.
 */
#ifndef PG_LOSS_H
#define PG_LOSS_H

#include "array/array.h"

/* -sum(y * log(a + 1e-9)) / n, for a (n, classes) and y (n) labels or
   (n, classes), summed in float64. PG_ESHAPE names both shapes. */
pg_status pg_cross_entropy(double *loss, const pg_array *a, const pg_array *y,
                           pg_error *err);

/* The part of labels, 0..1, that are equal in two arrays of one shape, of rank
   1 at most: of rows such as one-hot ones, most elements agree however wrong
   the labels are. PG_ESHAPE names the shapes, also where there are no
   labels. */
pg_status pg_accuracy(double *accuracy, const pg_array *a, const pg_array *b,
                      pg_error *err);

#endif
