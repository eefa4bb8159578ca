/*
 * checksum_v1.h -- the sums of checksum.h as they were first made, which model
 * files and journals of that time keep: a training or study of that time is
 * known by them until it ends.
 *
 * An array's sum began with the number of the dtype in the enum of that time,
 * 8 bytes, instead of the dtype's name and the rank; the labels of a model had
 * neither that nor their length.
 */
#ifndef PG_CHECKSUM_V1_H
#define PG_CHECKSUM_V1_H

#include "array/array.h"

/* Continues the CRC-32 of what came before, 0 at first, by a's. PG_EDTYPE for a
   dtype that there was not. PG_ENOMEM. */
pg_status pg_array_checksum_v1(uint32_t *sum, const pg_array *a, pg_error *err);

/* The sum of a model's data. The same. */
pg_status pg_samples_checksum_v1(uint32_t *sum, const pg_array *x,
                                 const pg_array *labels, pg_error *err);

#endif
