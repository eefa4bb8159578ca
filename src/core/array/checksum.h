/*
 * checksum.h -- CRC-32 of arrays, by which files recognise their data.
 *
 * The sum of an array is that of these bytes, in order:
 *
 *   the dtype as NumPy names it little-endian, three ASCII characters: "<f8"
 *   the rank, then the length of each axis: little-endian, 8 bytes each
 *   the elements in row-major order, each little-endian; a bool is 0 or 1
 *
 * Files keep these sums, so they do not depend on this program or machine: not
 * on the order of an enum, the byte order, or the strides of a view.
 */
#ifndef PG_CHECKSUM_H
#define PG_CHECKSUM_H

#include "array/array.h"

/* Continues *sum, the CRC-32 of the bytes before a's, 0 at first. PG_ENOMEM. */
pg_status pg_array_checksum(uint32_t *sum, const pg_array *a, pg_error *err);

/* The sum of a's elements alone, for rows that others have the rest of.
 * PG_ENOMEM.
 */
pg_status pg_elements_checksum(uint32_t *sum, const pg_array *a, pg_error *err);

/* Some rows of an array: the sum of their elements, and their bytes. */
typedef struct pg_rows_sum {
    uint32_t sum;
    uint64_t bytes;
} pg_rows_sum;

/* Continues *sum by an array of n rows like those of a, which are known by the
   sums of parts (count), in their order. */
void pg_parts_checksum(uint32_t *sum, const pg_array *a, size_t n,
                       const pg_rows_sum *parts, size_t count);

/* The sum of a model's data: the targets, labels or rows, then x. PG_ENOMEM. */
pg_status pg_data_checksum(uint32_t *sum, const pg_array *x,
                           const pg_array *targets, pg_error *err);

/* Version 1, which older model files and journals keep. Its sum of an array
   began with the dtype's number in the enum of that time, 8 bytes, in place of
   the dtype's name and the rank; a model's labels were their elements alone.
   PG_EDTYPE for a dtype that did not exist then; PG_ENOMEM. */
pg_status pg_array_checksum_v1(uint32_t *sum, const pg_array *a, pg_error *err);
pg_status pg_data_checksum_v1(uint32_t *sum, const pg_array *x,
                              const pg_array *labels, pg_error *err);

#endif
