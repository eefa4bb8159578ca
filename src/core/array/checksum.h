/*
 * checksum.h -- the CRC-32 of arrays, by which data are known again.
 *
 * The sum of an array is that of these bytes, one after the other:
 *
 *   the dtype as NumPy names it little-endian, three ASCII characters: "<f8"
 *   the rank, then the length of each axis: little-endian, 8 bytes each
 *   the elements in row-major order, each little-endian; a bool is 0 or 1
 *
 * Files keep such sums. So they depend on nothing of this program or machine:
 * not on the order of an enum, the byte order, or the strides of a view.
 */
#ifndef PG_CHECKSUM_H
#define PG_CHECKSUM_H

#include "array/array.h"

/* Continues the CRC-32 of what came before, 0 at first, by a's. PG_ENOMEM. */
pg_status pg_array_checksum(uint32_t *sum, const pg_array *a, pg_error *err);

/* The sum of a model's data: of labels, then of x. PG_ENOMEM. */
pg_status pg_samples_checksum(uint32_t *sum, const pg_array *x,
                              const pg_array *labels, pg_error *err);

/* The parts of sums: an array's elements, as above; a header of n bytes, the
   length of each axis and the elements. PG_ENOMEM. */
pg_status pg_checksum_elements(uint32_t *sum, const pg_array *a, pg_error *err);
pg_status pg_checksum_headed(uint32_t *sum, const void *header, size_t n,
                             const pg_array *a, pg_error *err);

#endif
