/*
 * bytes.h -- little-endian numbers in files.
 */
#ifndef PG_BYTES_H
#define PG_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* The number in the first n (at most 8) bytes. */
static inline uint64_t pg_bytes_get(const unsigned char *bytes, size_t n)
{
    uint64_t value = 0;
    while (n-- > 0)
        value = value << 8 | bytes[n];
    return value;
}

/* Writes it there; returns where the next goes. */
static inline unsigned char *pg_bytes_put(unsigned char *bytes, uint64_t value,
                                          size_t n)
{
    for (; n > 0; n--, value >>= 8)
        *bytes++ = (unsigned char)value;
    return bytes;
}

#endif
