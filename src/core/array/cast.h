/*
 * cast.h -- conversion of elements between dtypes.
 */
#ifndef PG_CAST_H
#define PG_CAST_H

#include "array/array.h"

/* out[i] = in[i] for n elements, strides in bytes, as C casts: floats toward
   zero, integers wrapping, anything but 0 to true. A float beyond the integers
   becomes the least int64, then wraps; C leaves it open. */
void pg_cast(pg_dtype to, char *out, ptrdiff_t out_stride, pg_dtype from,
             const char *in, ptrdiff_t in_stride, size_t n);

/* out[...] = in[...] for arrays of one shape that are the same view or share no
   memory. */
void pg_cast_array(const pg_array *out, const pg_array *in);

#endif
