/* CRC-32 by multiplication without carries, or by zlib. */

#include "io/crc32.h"

#include <zlib.h>

static uint32_t crc32_of_zlib(uint32_t crc, const unsigned char *bytes,
                              size_t n)
{
    return (uint32_t)crc32_z(crc, bytes, n);
}

#if defined __x86_64__ && defined __GNUC__

#include <immintrin.h>

/* V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using
   PCLMULQDQ Instruction", Intel, 2009. The bytes are a polynomial over GF(2),
   with the bits of each reflected. Folding multiplies what came before by a
   power of x modulo the polynomial of CRC-32, and adds it to the bytes that lie
   so far behind; the constants are those powers, reflected. */
#define FOLDING __attribute__((target("pclmul,sse4.1")))

/* x^(512+32), x^(512-32); x^(128+32), x^(128-32); x^64; and, for the last
   division (Barrett), the polynomial and its inverse. */
static const uint64_t BY_512[2] = {0x154442bd4, 0x1c6e41596};
static const uint64_t BY_128[2] = {0x1751997d0, 0x0ccaa009e};
static const uint64_t BY_64[2] = {0x163cd6124, 0};
static const uint64_t BARRETT[2] = {0x1db710641, 0x1f7011641};

FOLDING static inline __m128i load(const void *at)
{
    return _mm_loadu_si128(at);
}

/* next + a, moved by the constants' distance. */
FOLDING static inline __m128i fold(__m128i a, __m128i next, __m128i constants)
{
    __m128i low = _mm_clmulepi64_si128(a, constants, 0x00);
    __m128i high = _mm_clmulepi64_si128(a, constants, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* The remainder of 128 bits: the CRC-32, without its complement. */
FOLDING static uint32_t reduce(__m128i a)
{
    const __m128i low_words = _mm_setr_epi32(-1, 0, -1, 0);
    __m128i b = _mm_clmulepi64_si128(a, load(BY_128), 0x10);
    a = _mm_xor_si128(_mm_srli_si128(a, 8), b);
    b = _mm_srli_si128(a, 4);
    a = _mm_clmulepi64_si128(_mm_and_si128(a, low_words), load(BY_64), 0x00);
    a = _mm_xor_si128(a, b);
    const __m128i barrett = load(BARRETT);
    b = _mm_clmulepi64_si128(_mm_and_si128(a, low_words), barrett, 0x10);
    b = _mm_clmulepi64_si128(_mm_and_si128(b, low_words), barrett, 0x00);
    return (uint32_t)_mm_extract_epi32(_mm_xor_si128(a, b), 1);
}

/* n is a multiple of 16, and at least 64. */
FOLDING static uint32_t crc32_of_blocks(uint32_t crc, const unsigned char *at,
                                        size_t n)
{
    __m128i a = load(at), b = load(at + 16), c = load(at + 32),
            d = load(at + 48);
    const __m128i by_512 = load(BY_512), by_128 = load(BY_128);
    a = _mm_xor_si128(a, _mm_cvtsi32_si128((int)~crc));
    for (at += 64, n -= 64; n >= 64; at += 64, n -= 64) {
        a = fold(a, load(at), by_512);
        b = fold(b, load(at + 16), by_512);
        c = fold(c, load(at + 32), by_512);
        d = fold(d, load(at + 48), by_512);
    }
    a = fold(fold(fold(a, b, by_128), c, by_128), d, by_128);
    for (; n >= 16; at += 16, n -= 16)
        a = fold(a, load(at), by_128);
    return ~reduce(a);
}

uint32_t pg_crc32(uint32_t crc, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    size_t blocks = n / 16 * 16;
    if (blocks < 64 || !__builtin_cpu_supports("pclmul") ||
        !__builtin_cpu_supports("sse4.1"))
        return crc32_of_zlib(crc, at, n);
    crc = crc32_of_blocks(crc, at, blocks);
    return crc32_of_zlib(crc, at + blocks, n - blocks);
}

#else

uint32_t pg_crc32(uint32_t crc, const void *bytes, size_t n)
{
    return crc32_of_zlib(crc, bytes, n);
}

#endif
