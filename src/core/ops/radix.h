/*
 * radix.h -- sorting dense elements by the bytes of their keys, from the least
 * significant on (LSD radix sort: Knuth, TAOCP 3, 5.2.5). Stable.
 */
#ifndef PG_RADIX_H
#define PG_RADIX_H

#include "array/dtype.h"

/* Sorts n elements in place, NaN last, by up to this many threads. false: no
   memory for as many elements again. */
bool pg_radix_sort(void *elements, pg_dtype dtype, size_t n, int threads);

/* positions (n) = the places from 1 of the elements in ascending order; of
   equals the first first. false: no memory. */
bool pg_radix_positions(int64_t *positions, const void *elements,
                        pg_dtype dtype, size_t n);

#endif
