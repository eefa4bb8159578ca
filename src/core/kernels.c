/* Compiled once for each target and type: the Makefile gives PG_TARGET and
   PG_REAL_IS_float32 or PG_REAL_IS_float64, and the options of the target.

   The loops are plain C for the compiler to vectorise. What makes an element
   come out alike in a whole register and in a tail: no function of the C
   library but log, no reordered sums, and multiply-adds that are fused where
   they are written so and nowhere else (-ffp-contract=off). */

#include "kernel_target.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The iterations are independent, even where output and input are one array:
   without this the compiler looks whether they overlap and then takes one
   element at a time. */
#define INDEPENDENT _Pragma("omp simd")

/* --- exp -------------------------------------------------------------------
   exp(x) = 2^n exp(r), n = round(x / ln 2), r = x - n ln 2 with ln 2 in two
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

/* 2^n is multiplied in as two halves: results below the normal numbers then
   round once, and 2^128 or 2^1024, which no number is, does not appear. Adding
   `magic` rounds to an integer and leaves it, with both halves' biases, in the
   low bits. Both bounds let NaN pass. */
static inline real exp_of(real x)
{
    const real magic =
        (real)1.5 * (real)((bits)1 << MANTISSA) + 2 * EXPONENT_BIAS;
    x = x < EXP_LEAST ? EXP_LEAST : x;
    x = x > EXP_MOST ? EXP_MOST : x;
    real shifted = MULADD(x, (real)0x1.71547652b82fep+0, magic);
    real n = shifted - magic;
    bits exponents = to_bits(shifted), half = exponents >> 1;
    real r = MULADD(n, -LN2_HIGH, x);
    r = MULADD(n, -LN2_LOW, r);
    real y = MULADD(r * r, exp_tail(r), r) + 1;
    return y * from_bits(half << MANTISSA) *
           from_bits((exponents - half) << MANTISSA);
}

static void kernel_exp(void *out, const void *x, size_t n)
{
    real *o = out;
    const real *in = x;
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        o[i] = exp_of(in[i]);
}

static void kernel_sigmoid(void *out, const void *x, size_t n)
{
    real *o = out;
    const real *in = x;
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        o[i] = 1 / (1 + exp_of(-in[i]));
}

/* --- forward -------------------------------------------------------------- */

static void kernel_scale(void *x, double factor, size_t n)
{
    real *o = x, f = (real)factor;
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        o[i] *= f;
}

static void kernel_from_bytes(void *out, const uint8_t *x, double factor,
                              size_t n)
{
    real *o = out, f = (real)factor;
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        o[i] = (real)x[i] * f;
}

/* First all sums, then all sigmoids, as one run: rows are seldom a whole
   number of registers long, and a tail of exp is dear. */
static void kernel_bias_sigmoid(void *z, const void *b, size_t rows,
                                size_t cols)
{
    real *o = z;
    const real *bias = b;
    for (size_t i = 0; i < rows; i++) {
        INDEPENDENT
        for (size_t j = 0; j < cols; j++)
            o[i * cols + j] += bias[j];
    }
    kernel_sigmoid(z, z, rows * cols);
}

/* row = row + bias - max(row + bias) */
static void add_below_zero(real *row, const real *bias, size_t cols)
{
    real most = -(real)INFINITY;
    for (size_t j = 0; j < cols; j++) {
        row[j] += bias[j];
        most = row[j] > most ? row[j] : most;
    }
    for (size_t j = 0; j < cols; j++)
        row[j] -= most;
}

static void divide_by_sum(real *row, size_t cols)
{
    real sum = 0;
    for (size_t j = 0; j < cols; j++)
        sum += row[j];
    for (size_t j = 0; j < cols; j++)
        row[j] /= sum;
}

static void kernel_bias_softmax(void *z, const void *b, size_t rows,
                                size_t cols)
{
    real *o = z;
    for (size_t i = 0; i < rows; i++)
        add_below_zero(o + i * cols, b, cols);
    kernel_exp(z, z, rows * cols);
    for (size_t i = 0; i < rows; i++)
        divide_by_sum(o + i * cols, cols);
}

/* --- backward ------------------------------------------------------------- */

/* The derivative of cross-entropy after softmax by the softmax's input is
   p - onehot(labels), leaving out the 1e-9, as the notebook does. */
static double kernel_cross_entropy_gradient(void *p, const int32_t *labels,
                                            double factor, size_t rows,
                                            size_t cols)
{
    real *o = p;
    double loss = 0;
    for (size_t i = 0; i < rows; i++) {
        real *likely = o + i * cols + labels[i];
        loss -= log((double)*likely + 1e-9);
        *likely -= 1;
    }
    kernel_scale(p, factor, rows * cols);
    return loss;
}

static void kernel_sigmoid_gradient(void *d, const void *a, size_t n)
{
    real *o = d;
    const real *s = a;
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        o[i] *= s[i] * (1 - s[i]);
}

static void kernel_add_rows(void *sums, const void *d, size_t rows, size_t cols)
{
    real *o = sums;
    const real *in = d;
    for (size_t i = 0; i < rows; i++) {
        INDEPENDENT
        for (size_t j = 0; j < cols; j++)
            o[j] += in[i * cols + j];
    }
}

/* --- update --------------------------------------------------------------- */

static bool kernel_descend(void *out, const void *w, const void *g, double rate,
                           size_t n)
{
    real *o = out, step = (real)rate;
    const real *from = w, *slope = g;
    int strange = 0;
#pragma omp simd reduction(| : strange)
    for (size_t i = 0; i < n; i++) {
        o[i] = from[i] - step * slope[i];
        strange |= !(FABS(o[i]) <= REAL_MAX);
    }
    return !strange;
}

static bool kernel_all_finite(const void *x, size_t n)
{
    const real *in = x;
    int strange = 0;
#pragma omp simd reduction(| : strange)
    for (size_t i = 0; i < n; i++)
        strange |= !(FABS(in[i]) <= REAL_MAX);
    return !strange;
}

/* --- the table ------------------------------------------------------------ */

#define TABLE NAME(kernels)
#define MULTIPLY_SPARSE NAME(multiply_sparse)

extern const pg_kernels TABLE;
void MULTIPLY_SPARSE(void *out, size_t out_stride, const void *in,
                     size_t vectors, const pg_tile *tile, const void *table);

const pg_kernels TABLE = {
    .lanes = LANES,
    .most_vectors = MOST_VECTORS,
    .multiply_sparse = MULTIPLY_SPARSE,
    .exp = kernel_exp,
    .sigmoid = kernel_sigmoid,
    .scale = kernel_scale,
    .from_bytes = kernel_from_bytes,
    .bias_sigmoid = kernel_bias_sigmoid,
    .bias_softmax = kernel_bias_softmax,
    .cross_entropy_gradient = kernel_cross_entropy_gradient,
    .sigmoid_gradient = kernel_sigmoid_gradient,
    .add_rows = kernel_add_rows,
    .descend = kernel_descend,
    .all_finite = kernel_all_finite,
};
