/*
 * exp.h -- the parts of exp from which kernels are made: the reduction of its
 * argument, and its polynomial.
 */
#ifndef PG_EXP_H
#define PG_EXP_H

#include "kernels/kernel_target.h"

/* exp(x) = 2^n exp(r), n = round(x / ln 2), r = x - n ln 2 with ln 2 in two
   parts, the first so short that n times it is exact (Cody and Waite), and
   exp(r) = 1 + r + r^2 q(r), q fitted at Chebyshev's points of |r| <= ln 2 / 2.
 */

#ifdef PG_REAL_IS_float32

/* Below the first exp gives 0, above the second infinity. */
#define EXP_LEAST -105.0f
#define EXP_MOST 89.0f
#define LN2_HIGH 0x1.63p-1f
#define LN2_LOW -0x1.bd0106p-13f

/* Fitted within 2^-32 of exp(r). */
static inline real exp_tail(real r)
{
    real q = 0x1.a12528p-13f;
    q = MULADD(q, r, 0x1.6d4362p-10f);
    q = MULADD(q, r, 0x1.1110e0p-7f);
    q = MULADD(q, r, 0x1.5554e8p-5f);
    q = MULADD(q, r, 0x1.555556p-3f);
    return MULADD(q, r, 0.5f);
}

#else

#define EXP_LEAST -746.0
#define EXP_MOST 710.0
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW 0x1.a39ef35793c76p-33

/* Fitted within 2^-61 of exp(r). */
static inline real exp_tail(real r)
{
    real q = 0x1.1f731ea5352cap-29;
    q = MULADD(q, r, 0x1.af4e196027428p-26);
    q = MULADD(q, r, 0x1.27e4db57442fbp-22);
    q = MULADD(q, r, 0x1.71de021a90822p-19);
    q = MULADD(q, r, 0x1.a01a01a6dcaffp-16);
    q = MULADD(q, r, 0x1.a01a01abef415p-13);
    q = MULADD(q, r, 0x1.6c16c16c162ccp-10);
    q = MULADD(q, r, 0x1.11111111100cep-7);
    q = MULADD(q, r, 0x1.5555555555556p-5);
    q = MULADD(q, r, 0x1.5555555555557p-3);
    return MULADD(q, r, 0.5);
}

#endif

/* r, with *low = what its rounding left, and *exponents = n + 2 * EXPONENT_BIAS
   in its low bits: adding `magic` rounds to an integer and leaves it there. */
static inline real exp_reduce(real x, bits *exponents, real *low)
{
    const real magic =
        (real)1.5 * (real)((bits)1 << MANTISSA) + 2 * EXPONENT_BIAS;
    real shifted = MULADD(x, (real)0x1.71547652b82fep+0, magic);
    real n = shifted - magic;
    *exponents = to_bits(shifted);
    real high = MULADD(n, -LN2_HIGH, x);
    real r = MULADD(n, -LN2_LOW, high);
    *low = MULADD(n, -LN2_LOW, high - r);
    return r;
}

/* exp(r) - 1, with *exponents as exp_reduce has it. */
static inline real exp_parts(real x, bits *exponents)
{
    real low, r = exp_reduce(x, exponents, &low);
    return MULADD(r * r, exp_tail(r), r);
}

#endif
