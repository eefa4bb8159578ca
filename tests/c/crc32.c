/* The CRC-32 beside zlib's, of all short lengths and at all alignments. */
#include "io/crc32.h"

#include <zlib.h>

#include "test.h"

void test_crc32(void)
{
    enum { LONGEST = 1000, BYTES = LONGEST + 16 };
    unsigned char bytes[BYTES];
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (unsigned char)random_between(0, 255);
    for (size_t n = 0; n <= LONGEST; n++) {
        size_t at = n % 16;
        uint32_t before = (uint32_t)random_between(0, UINT32_MAX);
        uint32_t crc = pg_crc32(before, bytes + at, n);
        if (crc != (uint32_t)crc32_z(before, bytes + at, n))
            fail("crc32 of %zu bytes", n);
    }
}
