/*
 * histogram.h -- counts of elements in bins, and of whole numbers.
 */
#ifndef PG_HISTOGRAM_H
#define PG_HISTOGRAM_H

#include "array/array.h"

/* counts (bins, int64) and edges (bins + 1, float64) of bins of equal width
   from low to high; the last bin includes its upper edge. low == high becomes a
   range of width 1 around it. The edges of float32 elements are rounded to
   float32, where low and high differ in it. Elements outside and NaN are not
   counted. PG_EARG for no bins, for so many that one has no width,
   or for ends that are not finite, not in order, or further apart than any
   float64. */
pg_status pg_histogram(pg_array *counts, pg_array *edges, const pg_array *a,
                       size_t bins, double low, double high, pg_error *err);

/* *out (n, int64): how often 0, 1, ... n - 1 are among a's elements, which are
   integers, 0 or more, of any dtype; n is one more than the greatest, and at
   least `least`. With weights (NULL: none), of a's shape: the sum of the
   weights of each, float64. PG_ESHAPE unless a has rank 1, PG_EARG for a
   negative element. */
pg_status pg_bincount(pg_array *out, const pg_array *a, const pg_array *weights,
                      size_t least, pg_error *err);

/* *low, *high = the least and the greatest element; 0 and 1 of no elements. */
pg_status pg_histogram_ends(double *low, double *high, const pg_array *a,
                            pg_error *err);

/* counts between given edges, which must not decrease; edges is a copy of them
   in float64. PG_ESHAPE for fewer than two, PG_EARG for a decrease or NaN. */
pg_status pg_histogram_between(pg_array *counts, pg_array *edges,
                               const pg_array *a, const pg_array *given,
                               pg_error *err);

#endif
