/*
 * repeat.h -- arrays made of repeated elements: repeated one by one, tiled, and
 * padded.
 */
#ifndef PG_REPEAT_H
#define PG_REPEAT_H

#include "array/array.h"
#include "array/scalar.h"

/* *out = a with each part along an axis repeated counts[i] times, or counts[0]
   times if there is one count; along PG_EVERY_AXIS all elements, in row-major
   order. Counts are integers, rank 0 or 1. PG_ESHAPE for another number of
   them, PG_EARG for a negative one. */
pg_status pg_array_repeat(pg_array *out, const pg_array *a,
                          const pg_array *counts, int axis, pg_error *err);

/* *out = a repeated as a whole, repeats[i] times along axis i. The shorter of
   a's shape and repeats gets ones in front, as in numpy.tile. */
pg_status pg_array_tile(pg_array *out, const pg_array *a, int count,
                        const size_t *repeats, pg_error *err);

typedef enum pg_pad_mode {
    PG_PAD_CONSTANT, /* a value */
    PG_PAD_EDGE,     /* the nearest element */
    PG_PAD_REFLECT,  /* the elements mirrored at the first and the last */
} pg_pad_mode;

/* *out = a with before[i] elements in front of axis i and after[i] behind it.
   PG_EDTYPE for a value that the dtype can't hold; PG_ESHAPE if an axis without
   elements would be extended by another mode than constant. */
pg_status pg_array_pad(pg_array *out, const pg_array *a, const size_t *before,
                       const size_t *after, pg_pad_mode mode, pg_scalar value,
                       pg_error *err);

#endif
