/* The product with inputs that are mostly zero; compiled as kernels.c is.

   A target's row is kept in registers while its entries are added up: each
   costs the load of a code and of its value, and a multiply-add for every
   register of the row. The number of registers is a constant in each of the
   loops below, or the compiler would keep the row in memory. */

#include "kernel_target.h"

#if defined __AVX__
#include <immintrin.h>
#endif

typedef real vector __attribute__((vector_size(VECTOR)));

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

INLINE void multiply(real *out, size_t out_stride, const vector *in,
                     const int vectors, const pg_tile *tile, const real *table,
                     const bool coded)
{
    const uint16_t *entry = tile->entries;
    const real *value = tile->values;
    for (size_t s = 0; s < tile->count; s++) {
        vector sum[MOST_VECTORS];
        vector *o = (vector *)(out + tile->segments[s].target * out_stride);
        const uint16_t *end = entry + tile->segments[s].count;
        for (int k = 0; k < vectors; k++)
            sum[k] = o[k];
        for (; entry < end; entry++) {
            const vector *w = in + (size_t)(*entry & 255) * (size_t)vectors;
            vector v = BROADCAST(coded ? table[*entry >> 8] : *value++);
            for (int k = 0; k < vectors; k++)
                sum[k] = VECTOR_MULADD(v, w[k], sum[k]);
        }
        for (int k = 0; k < vectors; k++)
            o[k] = sum[k];
    }
}

#define CASE(n)                                                   \
    case n:                                                       \
        if (n <= MOST_VECTORS && !tile->values)                   \
            multiply(out, out_stride, in, n, tile, table, true);  \
        else if (n <= MOST_VECTORS)                               \
            multiply(out, out_stride, in, n, tile, table, false); \
        break;

#define MULTIPLY_SPARSE NAME(multiply_sparse)

void MULTIPLY_SPARSE(void *out, size_t out_stride, const void *in,
                     size_t vectors, const pg_tile *tile, const void *table);

void MULTIPLY_SPARSE(void *out, size_t out_stride, const void *in,
                     size_t vectors, const pg_tile *tile, const void *table)
{
    switch (vectors) {
        CASE(1)
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
        CASE(6)
        CASE(7)
        CASE(8)
        CASE(9)
        CASE(10)
        CASE(11)
        CASE(12)
        CASE(13)
    }
}
