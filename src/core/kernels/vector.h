/*
 * vector.h -- a register of the target's floats, for loops in which it stays.
 */
#ifndef PG_VECTOR_H
#define PG_VECTOR_H

#include "kernels/kernel_target.h"

#if defined __AVX__
#include <immintrin.h>
#endif

typedef real vector __attribute__((vector_size(VECTOR)));

/* The same in memory that is aligned to its elements alone. */
typedef real unaligned_vector
    __attribute__((vector_size(VECTOR), aligned(sizeof(real)), may_alias));

/* The bits of a register. */
typedef bits bits_vector __attribute__((vector_size(VECTOR)));
typedef bits unaligned_bits
    __attribute__((vector_size(VECTOR), aligned(sizeof(real)), may_alias));

#if defined PG_REAL_IS_float32 && defined __AVX512F__
#define BROADCAST(x) ((vector)_mm512_set1_ps(x))
#define VECTOR_MULADD(x, y, z) \
    ((vector)_mm512_fmadd_ps((__m512)(x), (__m512)(y), (__m512)(z)))
#elif defined PG_REAL_IS_float64 && defined __AVX512F__
#define BROADCAST(x) ((vector)_mm512_set1_pd(x))
#define VECTOR_MULADD(x, y, z) \
    ((vector)_mm512_fmadd_pd((__m512d)(x), (__m512d)(y), (__m512d)(z)))
#elif defined PG_REAL_IS_float32 && defined __FMA__
#define BROADCAST(x) ((vector)_mm256_set1_ps(x))
#define VECTOR_MULADD(x, y, z) \
    ((vector)_mm256_fmadd_ps((__m256)(x), (__m256)(y), (__m256)(z)))
#elif defined PG_REAL_IS_float64 && defined __FMA__
#define BROADCAST(x) ((vector)_mm256_set1_pd(x))
#define VECTOR_MULADD(x, y, z) \
    ((vector)_mm256_fmadd_pd((__m256d)(x), (__m256d)(y), (__m256d)(z)))
#else
#define BROADCAST(x) ((vector){0} + (x))
#define VECTOR_MULADD(x, y, z) ((x) * (y) + (z))
#endif

#define INLINE static inline __attribute__((always_inline))

/* The tile of sums that convolve.c and correlate.c keep in registers: as many
   as leave room for the operands. */
enum { TILE_OUTPUTS = 4 };
#if defined __AVX512F__
enum { TILE_WIDTH = 6 };
#else
enum { TILE_WIDTH = 3 };
#endif

/* Lanes of a and b in turn: from their first halves, and from their second. */
#if defined PG_REAL_IS_float32 && defined __AVX512F__
#define LOW_HALVES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_HALVES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif defined __AVX512F__ || (defined PG_REAL_IS_float32 && defined __AVX__)
#define LOW_HALVES 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_HALVES 4, 12, 5, 13, 6, 14, 7, 15
#elif defined __AVX__ || defined PG_REAL_IS_float32
#define LOW_HALVES 0, 4, 1, 5
#define HIGH_HALVES 2, 6, 3, 7
#else
#define LOW_HALVES 0, 2
#define HIGH_HALVES 1, 3
#endif

INLINE vector interleave_low(vector a, vector b)
{
    return __builtin_shufflevector(a, b, LOW_HALVES);
}

INLINE vector interleave_high(vector a, vector b)
{
    return __builtin_shufflevector(a, b, HIGH_HALVES);
}

/* Exchanges lanes and registers: lane i of register k becomes lane k of
   register i. */
INLINE void transpose(vector v[LANES])
{
    vector next[LANES];
    for (int length = 1; length < LANES; length *= 2) {
        for (int i = 0; i < LANES / 2; i++) {
            next[2 * i] = interleave_low(v[i], v[i + LANES / 2]);
            next[2 * i + 1] = interleave_high(v[i], v[i + LANES / 2]);
        }
        for (int i = 0; i < LANES; i++)
            v[i] = next[i];
    }
}

/* Lane k is the sum of all lanes of register k. */
INLINE vector add_lanes(vector v[LANES])
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            v[i] = interleave_low(v[i], v[i + half]) +
                   interleave_high(v[i], v[i + half]);
    return v[0];
}

#endif
