/*
 * histogram.h -- counts of elements in bins, and of whole numbers.
 */
#ifndef PG_HISTOGRAM_H
#define PG_HISTOGRAM_H

#include "array/array.h"

/* counts (bins, int64) and edges (bins + 1, float64) of bins of equal width
   from ends[0] to ends[1], by default (NULL) a's least and greatest element, 0
   and 1 of no elements; the last bin includes its upper edge. Equal ends become
   a range of width 1 around them. The edges of float32 elements are float32
   where both ends differ in it. Elements outside and NaN are not counted.
   PG_EARG for no bins, for so many that one has no width, or for ends that are
   not finite, not in order, or further apart than any float64. */
pg_status pg_histogram(pg_array *counts, pg_array *edges, const pg_array *a,
                       size_t bins, const double *ends, pg_error *err);

/* *out (n, int64): how often 0, 1, ... n - 1 are among a's elements, which are
   integers, 0 or more, of any dtype; n is one more than the greatest, and at
   least `least`. With weights (NULL: none), of a's shape: the sum of the
   weights of each, float64. PG_ESHAPE unless a has rank 1, PG_EARG for a
   negative element. */
pg_status pg_bincount(pg_array *out, const pg_array *a, const pg_array *weights,
                      size_t least, pg_error *err);

/* counts between given edges, which must not decrease; edges is a copy of them
   in float64. PG_ESHAPE for fewer than two, PG_EARG for a decrease or NaN. */
pg_status pg_histogram_between(pg_array *counts, pg_array *edges,
                               const pg_array *a, const pg_array *given,
                               pg_error *err);

#endif
