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

#endif
