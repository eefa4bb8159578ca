/*
 * radix.h -- stable sorting of dense elements by the bytes of their keys, from
 * the least significant on (LSD radix sort: Knuth, TAOCP 3, 5.2.5).
 */
#ifndef PG_RADIX_H
#define PG_RADIX_H

#include "array/dtype.h"

/* Sorts n elements in place, NaN last, with at most `threads` threads. false:
   no memory for a copy of the elements. */
bool pg_radix_sort(void *elements, pg_dtype dtype, size_t n, int threads);

/* positions (n) = the positions (from 1) of the elements in ascending order;
   equal elements keep their order. false: no memory. */
bool pg_radix_positions(int64_t *positions, const void *elements,
                        pg_dtype dtype, size_t n);

#endif
