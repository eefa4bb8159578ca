/* Functions of floats, compiled once for each target and type, as kernels.c:
   loops in plain C that the compiler vectorises, with the same result in a
   register and in a tail. */

#include "kernels/exp.h"
#include "kernels/gelu.h"

#include <float.h>
#include <math.h>

#define INDEPENDENT _Pragma("omp simd")

#define FUNCTION(name)                                  \
    void NAME(name)(void *out, const void *x, size_t n) \
    {                                                   \
        real *o = out;                                  \
        const real *in = x;                             \
        INDEPENDENT                                     \
        for (size_t i = 0; i < n; i++)                  \
            o[i] = name##_of(in[i]);                    \
    }

/* --- constants -------------------------------------------------------------
   Numbers in two or three parts: the first are so short that their products
   with an exponent, with a number of quarter turns, or with the first part of
   another number are exact. Polynomials are fitted at Chebyshev's points; long
   ones sum even and odd terms apart, as one chain of sums would take longer. */

#ifdef PG_REAL_IS_float32

#define SQRT_HALF_BITS 0x3f3504f3u
#define SHORT_MASK 0xfffff000u
#define SUBNORMAL_SHIFT 25
#define INV_LN2_HIGH 0x1.714p+0f
#define INV_LN2_LOW 0x1.47652cp-12f
#define INV_LN10_HIGH 0x1.bcap-2f
#define INV_LN10_LOW 0x1.7b1526p-14f
#define LOG10_2_HIGH 0x1.344p-2f
#define LOG10_2_LOW 0x1.3509f8p-18f
#define LARGEST_ANGLE 0x1p16f

/* log(1 + f) = f - f^2/2 + s (f^2/2 + z p(z)), s = f / (2 + f), z = s^2 */
static inline real log_polynomial(real z)
{
    real p = 0x1.ddced8p-3f;
    p = MULADD(p, z, 0x1.245c44p-2f);
    p = MULADD(p, z, 0x1.9999ecp-2f);
    return MULADD(p, z, 0x1.555556p-1f);
}

/* sin r = r + r z p(z), z = r^2, |r| <= pi/4 and a little more */
static inline real sin_polynomial(real z)
{
    real p = 0x1.6da7a4p-19f;
    p = MULADD(p, z, -0x1.a01362p-13f);
    return MULADD(p, z, 0x1.11110ep-7f);
}
#define SIN_FIRST -0x1.555556p-3f

/* cos r = 1 - z/2 + z^2 p(z) */
static inline real cos_polynomial(real z)
{
    real p = 0x1.9bc182p-16f;
    p = MULADD(p, z, -0x1.6c12a8p-10f);
    return MULADD(p, z, 0x1.555554p-5f);
}

#else

#define SQRT_HALF_BITS 0x3fe6a09e667f3bcdu
#define SHORT_MASK 0xffffffff00000000u
#define SUBNORMAL_SHIFT 54
#define INV_LN2_HIGH 0x1.71547652p+0
#define INV_LN2_LOW 0x1.705fc2eefa2p-33
#define INV_LN10_HIGH 0x1.bcb7b152p-2
#define INV_LN10_LOW 0x1.b9438ca9aadd5p-36
#define LOG10_2_HIGH 0x1.34413509f6p-2
#define LOG10_2_LOW 0x1.9fef311f12b36p-42
#define LARGEST_ANGLE 0x1p19

static inline real log_polynomial(real z)
{
    real even = 0x1.2b584aae78a57p-3, odd = 0x1.39fe606542ddep-3, zz = z * z;
    even = MULADD(even, zz, 0x1.7462b4ab2ef6bp-3);
    odd = MULADD(odd, zz, 0x1.c71c62e5800a1p-3);
    even = MULADD(even, zz, 0x1.2492492df148dp-2);
    odd = MULADD(odd, zz, 0x1.99999999952e2p-2);
    even = MULADD(even, zz, 0x1.5555555555558p-1);
    return MULADD(odd, z, even);
}

static inline real sin_polynomial(real z)
{
    real even = 0x1.5dfa4399a5f77p-33, odd = -0x1.ae5fdbc5929d5p-26, zz = z * z;
    even = MULADD(even, zz, 0x1.71de3768b91acp-19);
    odd = MULADD(odd, zz, -0x1.a01a019e5ff52p-13);
    even = MULADD(even, zz, 0x1.1111111110b1ap-7);
    return MULADD(odd, z, even);
}
#define SIN_FIRST -0x1.5555555555554p-3

static inline real cos_polynomial(real z)
{
    real odd = -0x1.906cc8e9926ecp-37, even = 0x1.1eeb5144ec937p-29, zz = z * z;
    odd = MULADD(odd, zz, -0x1.27e4fa00ec0bbp-22);
    even = MULADD(even, zz, 0x1.a01a019f3cd0fp-16);
    odd = MULADD(odd, zz, -0x1.6c16c16c1691ap-10);
    even = MULADD(even, zz, 0x1.5555555555555p-5);
    return MULADD(odd, z, even);
}

#endif

#define EPSILON ((real)2 / (real)((bits)1 << MANTISSA))

/* --- exp(x) - 1 ------------------------------------------------------------
   2^n exp(r) - 1 = 2 (p P + (P - 1/2)), P = 2^(n-1), p = exp(r) - 1. P is
   finite for each n, and the sum is exact where it cancels. */

static inline real expm1_of(real x)
{
    bits exponents;
    real low, bounded = x < -40 ? -40 : x;
    bounded = bounded > EXP_MOST ? EXP_MOST : bounded;
    real r = exp_reduce(bounded, &exponents, &low);
    real p = r + MULADD(r * r, exp_tail(r), low);
    real power = from_bits((exponents - EXPONENT_BIAS - 1) << MANTISSA);
    real y = 2 * MULADD(p, power, power - (real)0.5);
    return FABS(x) < EPSILON / 4 ? x : y;
}

/* e / (e + 2), e = exp(2 |x|) - 1, or 1 - 2 / (e + 2), which is more precise
   where e is large; 1 from 2 |x| = 40 on. */
static inline real tanh_of(real x)
{
    real y = 2 * FABS(x);
    real e = expm1_of(y > 40 ? 40 : y);
    real t = e > 2 ? 1 - 2 / (e + 2) : e / (e + 2);
    return x == 0 ? x : x < 0 ? -t : t;
}

/* --- logarithms ------------------------------------------------------------
 */

/* x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), for a normal x; *inverse =
   2^(1 - k), which is 0 for the greatest k */
static inline real normal_parts(real x, real *k, real *inverse)
{
    const real magic = (real)((bits)1 << MANTISSA);
    const bits one = (bits)EXPONENT_BIAS << MANTISSA;
    bits b = to_bits(x) + (one - SQRT_HALF_BITS);
    *k = from_bits((b >> MANTISSA) | to_bits(magic)) - (magic + EXPONENT_BIAS);
    *inverse =
        from_bits((2 * (bits)EXPONENT_BIAS + 1 - (b >> MANTISSA)) << MANTISSA);
    return from_bits((b & (((bits)1 << MANTISSA) - 1)) + SQRT_HALF_BITS) - 1;
}

/* As normal_parts, for x > 0. */
static inline real log_parts(real x, real *k, bool is_plain)
{
    real unused;
    if (is_plain)
        return normal_parts(x, k, &unused);
    real shift = x < REAL_MIN ? SUBNORMAL_SHIFT : 0;
    x = x < REAL_MIN ? x * (real)((bits)1 << SUBNORMAL_SHIFT) : x;
    real f = normal_parts(x, k, &unused);
    *k -= shift;
    return f;
}

/* log(1 + f) - f + half, half = f^2/2 */
static inline real log_tail(real f, real half)
{
    real s = f / (2 + f), z = s * s;
    return s * MULADD(z, log_polynomial(z), half);
}

/* y, but for x where a logarithm has no finite number. A plain x is normal and
   above zero. */
static inline real log_edges(real y, real x, real zero, bool is_plain)
{
    if (is_plain)
        return y;
    y = x == zero ? -(real)INFINITY : y;
    y = x < zero ? (real)NAN : y;
    return x <= REAL_MAX ? y : x;
}

static inline real log_of(real x, bool is_plain)
{
    real k, f = log_parts(x, &k, is_plain), half = (real)0.5 * f * f;
    real low = MULADD(k, LN2_LOW, log_tail(f, half));
    return log_edges(MULADD(k, LN2_HIGH, f - (half - low)), x, 0, is_plain);
}

/* log u, u = 1 + x, and the part of x that rounding took from u, divided by u.
   That needs few digits: 1 / (1 + f) is (1 - f) (1 + f^2) (1 + f^4) within
   f^8. */
static inline real log1p_of(real x, bool is_plain)
{
    real k, inverse, u = 1 + x, f = normal_parts(u, &k, &inverse);
    real square = f * f, half = (real)0.5 * square;
    inverse *= (real)0.5 * (1 - f) * (1 + square) * (1 + square * square);
    real lost = (x > 1 ? 1 - (u - x) : x - (u - 1)) * inverse;
    real low = MULADD(k, LN2_LOW, lost) + log_tail(f, half);
    real y = MULADD(k, LN2_HIGH, f - (half - low));
    y = FABS(x) < EPSILON / 4 ? x : y;
    return log_edges(y, x, -1, is_plain);
}

/* log(1 + f), the first part with half of the digits. */
static inline real log_split(real f, real *low)
{
    real half = (real)0.5 * f * f;
    real high = from_bits(to_bits(f - half) & SHORT_MASK);
    *low = (f - high) - half + log_tail(f, half);
    return high;
}

/* a + b + low, |a| > |b| or a = 0 */
static inline real add_parts(real a, real b, real low)
{
    real sum = a + b;
    return sum + (low + ((a - sum) + b));
}

static inline real log2_of(real x, bool is_plain)
{
    real k, low, high = log_split(log_parts(x, &k, is_plain), &low);
    real rest = (low + high) * INV_LN2_LOW + low * INV_LN2_HIGH;
    return log_edges(add_parts(k, high * INV_LN2_HIGH, rest), x, 0, is_plain);
}

static inline real log10_of(real x, bool is_plain)
{
    real k, low, high = log_split(log_parts(x, &k, is_plain), &low);
    real rest = (low + high) * INV_LN10_LOW + low * INV_LN10_HIGH;
    rest = k * LOG10_2_LOW + rest;
    real y = add_parts(k * LOG10_2_HIGH, high * INV_LN10_HIGH, rest);
    return log_edges(y, x, 0, is_plain);
}

FUNCTION(expm1)
FUNCTION(tanh)

enum { BLOCK = 256 };

/* True if n numbers are finite and not below `least`. */
static inline bool are_plain(const real *x, size_t n, real least)
{
    bits plain = 1;
#pragma omp simd reduction(& : plain)
    for (size_t i = 0; i < n; i++)
        plain &= (bits)(x[i] >= least) & (bits)(x[i] <= REAL_MAX);
    return plain != 0;
}

/* In blocks, as most need no look at the edges. */
#define LOGARITHM(name, least)                          \
    void NAME(name)(void *out, const void *x, size_t n) \
    {                                                   \
        real *o = out;                                  \
        const real *in = x;                             \
        for (size_t end, i = 0; i < n; i = end) {       \
            end = n - i < BLOCK ? n : i + BLOCK;        \
            if (are_plain(in + i, end - i, least)) {    \
                INDEPENDENT                             \
                for (size_t k = i; k < end; k++)        \
                    o[k] = name##_of(in[k], true);      \
            } else {                                    \
                INDEPENDENT                             \
                for (size_t k = i; k < end; k++)        \
                    o[k] = name##_of(in[k], false);     \
            }                                           \
        }                                               \
    }

LOGARITHM(log, REAL_MIN)
LOGARITHM(log1p, -1 + EPSILON / 4)
LOGARITHM(log2, REAL_MIN)
LOGARITHM(log10, REAL_MIN)

/* --- sin, cos and tan ------------------------------------------------------
   x = n pi/2 + r + low. pi/2 in three parts gives r to the last place unless x
   is large, or so near to n pi/2 that little is left of it. The C library
   computes those few. */

#define TWO_OVER_PI (real)0x1.45f306dc9c883p-1
#define HALF_PI_1 0x1.921fb544p+0
#define HALF_PI_2 0x1.0b4611a6p-34
#define HALF_PI_3 0x1.3198a2e037073p-69

typedef struct angle {
    real r, low;
    bits n; /* modulo 4 */
    bits is_hard;
} angle;

static inline angle reduce(real x)
{
    const real magic = (real)1.5 * (real)((bits)1 << MANTISSA);
    real shifted = MULADD(x, TWO_OVER_PI, magic);
    real n = shifted - magic;
    angle a = {.n = to_bits(shifted)};
#ifdef PG_REAL_IS_float32
    double wide = (double)x - (double)n * HALF_PI_1;
    a.r = (real)(wide - (double)n * (HALF_PI_2 + HALF_PI_3));
    a.is_hard = FABS(x) <= LARGEST_ANGLE ? 0u : 1u;
#else
    /* `lost` is exact: first is the larger, or the difference has no more than
       53 bits, down to 2^-66. */
    real first = x - n * HALF_PI_1, second = n * HALF_PI_2;
    real sum = first - second, lost = (first - sum) - second;
    lost = MULADD(n, -(real)HALF_PI_3, lost);
    a.r = sum + lost;
    a.low = (sum - a.r) + lost;
    a.is_hard = FABS(x) <= LARGEST_ANGLE ? 0u : 1u;
    a.is_hard |= FABS(a.r) < (real)0x1p-40 ? 1u : 0u;
    a.is_hard = FABS(x) < 1 ? 0u : a.is_hard;
#endif
    return a;
}

static inline real sin_near_0(angle a)
{
    real z = a.r * a.r, cube = z * a.r;
    real tail = MULADD(z, (real)0.5 * a.low - cube * sin_polynomial(z), -a.low);
    return a.r - MULADD(cube, -SIN_FIRST, tail);
}

static inline real cos_near_0(angle a)
{
    real z = a.r * a.r, half = (real)0.5 * z, high = 1 - half;
    real tail = MULADD(z * z, cos_polynomial(z), -a.r * a.low);
    return high + (((1 - high) - half) + tail);
}

/* -x where bit 1 of n is set */
static inline real signed_by(real x, bits n)
{
    return from_bits(to_bits(x) ^ ((n & 2) << (sizeof(bits) * 8 - 2)));
}

static inline real sin_of(real x, bits *is_hard)
{
    angle a = reduce(x);
    real s = sin_near_0(a), c = cos_near_0(a);
    *is_hard |= a.is_hard;
    real y = signed_by(a.n & 1 ? c : s, a.n);
    return FABS(x) < EPSILON ? x : y;
}

static inline real cos_of(real x, bits *is_hard)
{
    angle a = reduce(x);
    real s = sin_near_0(a), c = cos_near_0(a);
    *is_hard |= a.is_hard;
    return signed_by(a.n & 1 ? s : c, a.n + 1);
}

static inline real tan_of(real x, bits *is_hard)
{
    angle a = reduce(x);
    real s = sin_near_0(a), c = cos_near_0(a);
    *is_hard |= a.is_hard;
    real y = (a.n & 1 ? -c : s) / (a.n & 1 ? s : c);
    return FABS(x) < EPSILON ? x : y;
}

/* In blocks, because out may be x. */
#define ANGLE_FUNCTION(name)                                               \
    void NAME(name)(void *out, const void *x, size_t n)                    \
    {                                                                      \
        real block[BLOCK], *o = out;                                       \
        const real *in = x;                                                \
        for (size_t first = 0; first < n; first += BLOCK) {                \
            size_t count = n - first < BLOCK ? n - first : BLOCK;          \
            bits is_hard = 0;                                              \
            _Pragma("omp simd reduction(|: is_hard)") for (size_t i = 0;   \
                                                           i < count; i++) \
                block[i] = name##_of(in[first + i], &is_hard);             \
            for (size_t i = 0; is_hard && i < count; i++)                  \
                if (reduce(in[first + i]).is_hard)                         \
                    block[i] = (real)name((double)in[first + i]);          \
            memcpy(o + first, block, count * sizeof(real));                \
        }                                                                  \
    }

ANGLE_FUNCTION(sin)
ANGLE_FUNCTION(cos)
ANGLE_FUNCTION(tan)

/* --- gelu ----------------------------------------------------------------- */

static inline real gelu_derivative_of(real x)
{
    return gelu_derivative(x);
}

FUNCTION(gelu)
FUNCTION(gelu_derivative)
