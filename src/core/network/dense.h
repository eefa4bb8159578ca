/*
 * dense.h -- arrays as the training kernels take them.
 */
#ifndef PG_DENSE_H
#define PG_DENSE_H

#include "array/array.h"

/* a as a C-contiguous array of dtype: a view where it is one already, else a
   copy (the caller cannot tell, and must not write to it). */
pg_status pg_dense(pg_array *out, const pg_array *a, pg_dtype dtype,
                   pg_error *err);

/* Numbers that a thread takes at a time from a large array, so that a piece
   of each operand stays in level 2 cache. */
enum { PG_DENSE_PIECE = 16384 };

#endif
