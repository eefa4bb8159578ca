/*
 * gelu.h -- gelu and its derivative: the normal distribution, with small
 * relative errors in both tails.
 */
#ifndef PG_GELU_H
#define PG_GELU_H

#include "kernels/exp.h"

#include <math.h>

/* The probability beyond t >= 0 is Q(t) = exp(-t^2/2) R(t). R, Mills' ratio
   over sqrt(2 pi), is p(y) / (t + c), y = (t - c) / (t + c), c = GELU_CENTRE,
   with p fitted at Chebyshev's points of 0 <= t <= GELU_MOST. Beyond that exp
   gives 0. */

#ifdef PG_REAL_IS_float32

#define GELU_MOST 15.0f
#define GELU_CENTRE 4.0f
#define GELU_SHORT_MASK 0xfffff000u

/* Fitted within 2^-28. */
static inline real gelu_ratio_polynomial(real y)
{
    real even = -0x1.b07cfp-15f, odd = -0x1.e61df8p-13f, yy = y * y;
    even = MULADD(even, yy, 0x1.66ba3ep-13f);
    odd = MULADD(odd, yy, 0x1.af48ccp-10f);
    even = MULADD(even, yy, -0x1.c95a1p-9f);
    odd = MULADD(odd, yy, -0x1.ee7c98p-8f);
    even = MULADD(even, yy, 0x1.eec6cep-5f);
    odd = MULADD(odd, yy, -0x1.7dfedep-3f);
    even = MULADD(even, yy, 0x1.8c6dbcp-2f);
    odd = MULADD(odd, yy, -0x1.373e3cp-1f);
    even = MULADD(even, yy, 0x1.82b4bcp-1f);
    return MULADD(odd, y, even);
}

#else

#define GELU_MOST 40.0
#define GELU_CENTRE 5.0
#define GELU_SHORT_MASK 0xffffffff00000000u

/* Fitted within 2^-56. */
static inline real gelu_ratio_polynomial(real y)
{
    real even = -0x1.8d6f2393e8a27p-33, odd = 0x1.d04c40671584p-30, yy = y * y;
    even = MULADD(even, yy, 0x1.0771b8d6722dfp-27);
    odd = MULADD(odd, yy, -0x1.3a33e415385dap-27);
    even = MULADD(even, yy, -0x1.1ad198b314e3cp-24);
    odd = MULADD(odd, yy, 0x1.6990eb9e16b58p-25);
    even = MULADD(even, yy, 0x1.d0e9a77b4fdcep-22);
    odd = MULADD(odd, yy, -0x1.6953c53876a56p-22);
    even = MULADD(even, yy, -0x1.73ab1fe49c4b4p-19);
    odd = MULADD(odd, yy, 0x1.0b26d911af57p-18);
    even = MULADD(even, yy, 0x1.17dd09c920f56p-16);
    odd = MULADD(odd, yy, -0x1.a170d25216a98p-15);
    even = MULADD(even, yy, -0x1.f2145fdfd5bd4p-15);
    odd = MULADD(odd, yy, 0x1.1daf1d4fc84f5p-11);
    even = MULADD(even, yy, -0x1.a25037dc79cdp-11);
    odd = MULADD(odd, yy, -0x1.88590eab49716p-9);
    even = MULADD(even, yy, 0x1.54b4d4f4c511ep-6);
    odd = MULADD(odd, yy, -0x1.1b1c254c99e8bp-4);
    even = MULADD(even, yy, 0x1.51f6329f0171ep-3);
    odd = MULADD(odd, yy, -0x1.410ed5f875a85p-2);
    even = MULADD(even, yy, 0x1.fb31653876f92p-2);
    odd = MULADD(odd, yy, -0x1.54ad03f27ca17p-1);
    even = MULADD(even, yy, 0x1.89d3abe1f95aep-1);
    return MULADD(odd, y, even);
}

#endif

#define GELU_DENSITY_AT_0 (real)0x1.9884533d43651p-2 /* 1 / sqrt(2 pi) */

static inline real gelu_bounded(real x)
{
    real t = FABS(x);
    return t > GELU_MOST ? GELU_MOST : t;
}

static inline real mills_ratio(real t)
{
    real inverse = 1 / (t + GELU_CENTRE);
    return gelu_ratio_polynomial((t - GELU_CENTRE) * inverse) * inverse;
}

/* exp(-t^2/2), 0 <= t <= GELU_MOST. The square of t's first digits is exact;
   what it lacks goes to the small end of the reduced exponent. */
static inline real exp_of_square(real t)
{
    bits exponents;
    real low, high = from_bits(to_bits(t) & GELU_SHORT_MASK);
    real r = exp_reduce((real)-0.5 * high * high, &exponents, &low);
    r += low - (real)0.5 * (t - high) * (t + high);
    real y = MULADD(r * r, exp_tail(r), r) + 1;
    bits half = exponents >> 1; /* as 2^n may have no normal number */
    return y * from_bits(half << MANTISSA) *
           from_bits((exponents - half) << MANTISSA);
}

/* x Q(-x) for negative x, x (1 - Q(x)) for others; 0 at -infinity */
static inline real gelu_of(real x)
{
    real t = gelu_bounded(x), e = exp_of_square(t), ratio = mills_ratio(t);
    return x < 0 ? -t * ratio * e : x * (1 - e * ratio);
}

/* Q(-x) + x density(x) for negative x, 1 - (Q(x) - x density(x)) for others */
static inline real gelu_derivative(real x)
{
    real t = gelu_bounded(x);
    real beyond =
        exp_of_square(t) * MULADD(t, -GELU_DENSITY_AT_0, mills_ratio(t));
    return x < 0 ? beyond : 1 - beyond;
}

#endif
