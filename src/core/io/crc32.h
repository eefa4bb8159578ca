/*
 * crc32.h -- the CRC-32 of ZIP, PNG and zlib.
 */
#ifndef PG_CRC32_H
#define PG_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The CRC-32 of bytes whose first part has this one (0: there is none), and of
   which these n are the rest: zlib's crc32, some four times as fast on
   processors that multiply without carries. */
uint32_t pg_crc32(uint32_t crc, const void *bytes, size_t n);

#endif
