/*
 * labels.h -- labels of classes: their check, and conversion to and from
 * one-hot rows.
 *
 * A label is a class number, from 0: an integer of any dtype, or a float
 * without a fraction.
 */
#ifndef PG_LABELS_H
#define PG_LABELS_H

#include "array/array.h"

/* *out (n, int32): the labels (n). PG_ESHAPE unless they are of rank 1; PG_EARG
   for one that is not below classes, or with classes 0 is no int32 class
   number: it names the row, the value and the range. classes is at most
   INT32_MAX. */
pg_status pg_labels_check(pg_array *out, const pg_array *labels, size_t classes,
                          pg_error *err);

/* *out (n, classes): the labels (n) as one-hot rows. Errors as above. */
pg_status pg_onehot(pg_array *out, const pg_array *labels, size_t classes,
                    pg_dtype dtype, pg_error *err);

/* *out (n, int64): the class with the greatest element of each row of
   (n, classes). PG_ESHAPE unless rows has rank 2. */
pg_status pg_labels(pg_array *out, const pg_array *rows, pg_error *err);

/* The end of a message about an array that should be labels: how one column of
   them becomes rank 1; "" for another shape. */
const char *pg_column_hint(const pg_array *labels);

#endif
