/*
 * targets.h -- what a network is to learn: a label for each row (rank 1), or a
 * row of probabilities, mostly one-hot (rank 2).
 */
#ifndef PG_TARGETS_H
#define PG_TARGETS_H

#include "array/array.h"

/* The int32 labels (n) of y: rank 1 as pg_labels_check takes them, rank 2
   one-hot. *classes is the number of classes, or 0 to find it: y's columns, or
   the largest label + 1, and no more than there are rows. PG_EARG names the row
   of a label outside the classes, or that is not one-hot; PG_ESHAPE when y's
   columns are not the classes. */
pg_status pg_targets_labels(pg_array *out, size_t *classes, const pg_array *y,
                            pg_error *err);

/* A copy of the labels (n) int32 of x's rows, of which there is one at least.
   PG_ESHAPE names both shapes, PG_EDTYPE, PG_EARG the row of a label that is
   not below the classes. */
pg_status pg_targets_copy(pg_array *out, const pg_array *labels,
                          const pg_array *x, size_t classes, pg_error *err);

/* y as (n, classes) of dtype, for activations a (n, classes): labels become
   one-hot rows; what has rank 2 stays as it is. PG_ESHAPE names both shapes. */
pg_status pg_targets_rows(pg_array *out, const pg_array *y, const pg_array *a,
                          pg_dtype dtype, pg_error *err);

#endif
