/*
 * bytes.h -- little-endian integers in the bytes of files.
 */
#ifndef PG_BYTES_H
#define PG_BYTES_H

#include "base/status.h"

/* Reads the integer in the first n bytes, at most 8. */
static inline uint64_t pg_bytes_get(const unsigned char *bytes, size_t n)
{
    pg_assert(n <= sizeof(uint64_t));
    uint64_t value = 0;
    while (n-- > 0)
        value = value << 8 | bytes[n];
    return value;
}

/* Writes value's low n bytes, and returns the address behind them. */
static inline unsigned char *pg_bytes_put(unsigned char *bytes, uint64_t value,
                                          size_t n)
{
    for (; n > 0; n--, value >>= 8)
        *bytes++ = (unsigned char)value;
    return bytes;
}

#endif
