/*
 * copy.h -- copies of arrays, also in another dtype or shape, and assignment.
 */
#ifndef PG_COPY_H
#define PG_COPY_H

#include "array/array.h"

/* A new C-contiguous array with a's elements, in a's or another dtype, cast as
   in cast.h. */
pg_status pg_array_copy(pg_array *out, const pg_array *a, pg_error *err);
pg_status pg_array_astype(pg_array *out, const pg_array *a, pg_dtype dtype,
                          pg_error *err);

/* a as a C-contiguous array of dtype: a view if it is one already, else a copy.
   The caller cannot tell which, and must not write to it. */
pg_status pg_array_as(pg_array *out, const pg_array *a, pg_dtype dtype,
                      pg_error *err);

/* a[...] = b: broadcasts and casts b into a. The two may share memory. */
pg_status pg_array_assign(const pg_array *a, const pg_array *b, pg_error *err);

/* a under another shape: pg_array_reshape_view's view, or a copy if there is
   none. The caller cannot tell which, as in NumPy. */
pg_status pg_array_reshape(pg_array *out, const pg_array *a, int ndim,
                           const size_t *shape, pg_error *err);

/* a with the axes from `first` on joined to one, as pg_array_reshape; of rank
   0, one element. a must have the axis, unless it has rank 0. */
pg_status pg_array_flatten(pg_array *out, const pg_array *a, int first,
                           pg_error *err);

/* a's elements as int64, dense: a view if it is that already, so the caller
   must not write to it. PG_EDTYPE for bool, and for a float that is no integer,
   with its place; `what` names the elements in messages. A uint64 that int64
   does not hold becomes the largest int64. */
pg_status pg_array_integers(pg_array *out, const pg_array *a, const char *what,
                            pg_error *err);

/* pg_array_as with a's own dtype. */
pg_status pg_array_dense(pg_array *out, const pg_array *a, pg_error *err);

/* a's elements as files have them, C-contiguous and little-endian: a view if
   memory has them so, too, else a copy. The caller must not write to it. */
pg_status pg_array_little_endian(pg_array *out, const pg_array *a,
                                 pg_error *err);

#endif
