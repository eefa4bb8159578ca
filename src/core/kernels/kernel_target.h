/*
 * kernel_target.h -- types, constants and names of the target and the type that
 * a file is compiled for.
 *
 * The Makefile defines PG_TARGET, and PG_REAL_IS_float32 or PG_REAL_IS_float64;
 * the compiler defines the instruction set.
 */
#ifndef PG_KERNEL_TARGET_H
#define PG_KERNEL_TARGET_H

#include <string.h>

#include "kernels/operations.h"
#include "kernels/span.h"
#include "kernels/tile.h"

#if defined PG_REAL_IS_float32

typedef float real;
typedef uint32_t bits;
#define TYPE float32
#define REAL_MIN FLT_MIN
#define REAL_MAX FLT_MAX
#define FABS fabsf
#define SQRT sqrtf
#define FUSED __builtin_fmaf
enum { MANTISSA = 23, EXPONENT_BIAS = 127 };

#elif defined PG_REAL_IS_float64

typedef double real;
typedef uint64_t bits;
#define TYPE float64
#define REAL_MIN DBL_MIN
#define REAL_MAX DBL_MAX
#define FABS fabs
#define SQRT sqrt
#define FUSED __builtin_fma
enum { MANTISSA = 52, EXPONENT_BIAS = 1023 };

#else
#error "needs PG_REAL_IS_float32 or PG_REAL_IS_float64"
#endif

static inline real from_bits(bits b)
{
    real x;
    memcpy(&x, &b, sizeof x);
    return x;
}

static inline bits to_bits(real x)
{
    bits b;
    memcpy(&b, &x, sizeof b);
    return b;
}

/* x * y + z. Fused only if the target has an instruction for it: the C
   library's fma takes hundreds of them. */
#ifdef __FMA__
#define MULADD(x, y, z) FUSED(x, y, z)
#else
#define MULADD(x, y, z) ((x) * (y) + (z))
#endif

/* The bytes of a vector register, and the most registers that a row of sums
   takes: as many as leave room for the operands, and as let PG_TILE such rows
   fit into level 1 cache. */
#if defined __AVX512F__
enum { VECTOR = 64, MOST_VECTORS = 7 };
#elif defined __AVX__
enum { VECTOR = 32, MOST_VECTORS = 13 };
#else
enum { VECTOR = 16, MOST_VECTORS = 13 };
#endif
enum { LANES = VECTOR / sizeof(real) };

/* A name of this target and type: NAME(kernels) is pg_kernels_avx2_float32. */
#define PASTE(name, target, type) pg_##name##_##target##_##type
#define EXPAND(name, target, type) PASTE(name, target, type)
#define NAME(name) EXPAND(name, PG_TARGET, TYPE)

/* Defined in functions.c, listed in the table of kernels.c. */
#define DECLARE_FUNCTION(op, name) \
    void NAME(name)(void *out, const void *x, size_t n);
PG_FUNCTION_LIST(DECLARE_FUNCTION)

/* Defined in multiply_sparse.c, listed in the table of kernels.c. */
#define MULTIPLY_SPARSE NAME(multiply_sparse)
#define MULTIPLY_SPARSE_TRANSPOSED NAME(multiply_sparse_transposed)
void MULTIPLY_SPARSE(void *out, size_t out_leading, const void *in,
                     size_t vectors, const pg_tile *tile, const void *table);
void MULTIPLY_SPARSE_TRANSPOSED(void *out, const void *in, size_t in_leading,
                                size_t vectors, const pg_tile *tile,
                                const void *table);

/* Defined in convolve.c, correlate.c, lanes.c and pool.c, listed in the table
   of kernels.c. */
void NAME(convolve)(void *out, size_t out_leading, size_t outputs,
                    const void *weights, size_t weights_leading, size_t taps,
                    const void *x, const size_t *offsets, size_t n);
void NAME(correlate)(void *sums, size_t outputs, const void *g,
                     size_t g_leading, size_t g_pitch, const void *x,
                     const size_t *offsets, size_t taps, size_t x_pitch,
                     size_t rows, size_t n);
void NAME(images_to_lanes)(void *out, const size_t *places, const void *in,
                           size_t in_leading, size_t images, size_t n);
void NAME(lanes_to_images)(void *out, size_t out_leading, size_t images,
                           const void *in, size_t n);

void NAME(max_pool)(void *out, void *positions, const void *x, size_t width,
                    pg_span rows, const pg_span *columns, size_t n);
void NAME(mean_pool)(void *out, const void *x, size_t width, pg_span rows,
                     const pg_span *columns, size_t n, double area);
void NAME(mean_pool_gradient)(void *x, const void *g, size_t width,
                              pg_span rows, const pg_span *columns, size_t n,
                              double area);

#endif
