/*
 * checksum.h -- the CRC-32 of an array, by which data are known again.
 */
#ifndef PG_CHECKSUM_H
#define PG_CHECKSUM_H

#include "array.h"

/* Continues the CRC-32 of what came before by a's dtype, shape and elements:
   the same for every view of the same numbers. PG_ENOMEM. */
pg_status pg_array_checksum(uint32_t *sum, const pg_array *a, pg_error *err);

#endif
