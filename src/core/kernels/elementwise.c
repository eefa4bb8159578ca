/* Compiled once for each target, whose name is PG_TARGET. Rounding does not
   depend on it: nothing is fused or reordered. */
#include "kernels/elementwise.h"

#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

/* --- element operations ----------------------------------------------------

   Integers wrap: they are computed modulo 2^64 and cut to their width, which is
   the same as wrapping at the width. */

static inline int64_t floor_divide_signed(int64_t x, int64_t y)
{
    if (y == 0)
        return 0;
    if (y == -1)
        return (int64_t)(0 - (uint64_t)x); /* the least number wraps */
    return x / y - (x % y != 0 && (x < 0) != (y < 0));
}

static inline int64_t remainder_signed(int64_t x, int64_t y)
{
    if (y == 0 || y == -1)
        return 0;
    int64_t r = x % y;
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

/* By squaring; a negative exponent never comes here (map.c refuses it). */
static inline uint64_t power_unsigned(uint64_t x, uint64_t y)
{
    uint64_t power = 1;
    for (; y; y >>= 1, x *= x)
        if (y & 1)
            power *= x;
    return power;
}

/* Squares are what powers are mostly used for, and pow takes ten times as long
   for them. */
static inline double power_float(double x, double y)
{
    return y == 2 ? x * x : pow(x, y);
}

/* Python's: the remainder has the divisor's sign, and the quotient is what it
   leaves, rounded to the integer that it is near. */
static inline double remainder_float(double x, double y)
{
    double r = fmod(x, y);
    if (r == 0)
        return copysign(0, y);
    return (r < 0) != (y < 0) ? r + y : r;
}

static inline double floor_divide_float(double x, double y)
{
    double r = fmod(x, y);
    if (y == 0 || isnan(r))
        return y == 0 ? x / y : r;
    double q = (x - r) / y - (r != 0 && (r < 0) != (y < 0));
    if (q == 0)
        return copysign(0, x / y);
    double floored = floor(q);
    return q - floored > 0.5 ? floored + 1 : floored;
}

/* --- loops -------------------------------------------------------------------

   Dense operands, with or without one value on a side, get loops of their own
   for the compiler's vectors; out may be an operand, so the compiler is told
   that no element depends on another. */

#define SIMD _Pragma("omp simd")

#define BINARY_LOOP(op, NAME, T, R, EXPRESSION)                           \
    static void op##_##NAME(char *const *p, const ptrdiff_t *s, size_t n) \
    {                                                                     \
        char *out = p[0];                                                 \
        const char *left = p[1], *right = p[2];                           \
        const ptrdiff_t dense = sizeof(T);                                \
        if (s[0] == sizeof(R) && s[1] == dense && s[2] == dense) {        \
            SIMD for (size_t i = 0; i < n; i++)                           \
            {                                                             \
                T x = ((const T *)left)[i], y = ((const T *)right)[i];    \
                ((R *)out)[i] = (R)(EXPRESSION);                          \
            }                                                             \
        } else if (s[0] == sizeof(R) && s[1] == dense && s[2] == 0) {     \
            const T y = *(const T *)right;                                \
            SIMD for (size_t i = 0; i < n; i++)                           \
            {                                                             \
                T x = ((const T *)left)[i];                               \
                ((R *)out)[i] = (R)(EXPRESSION);                          \
            }                                                             \
        } else if (s[0] == sizeof(R) && s[1] == 0 && s[2] == dense) {     \
            const T x = *(const T *)left;                                 \
            SIMD for (size_t i = 0; i < n; i++)                           \
            {                                                             \
                T y = ((const T *)right)[i];                              \
                ((R *)out)[i] = (R)(EXPRESSION);                          \
            }                                                             \
        } else {                                                          \
            for (size_t i = 0; i < n; i++) {                              \
                T x = *(const T *)left, y = *(const T *)right;            \
                *(R *)out = (R)(EXPRESSION);                              \
                out += s[0];                                              \
                left += s[1];                                             \
                right += s[2];                                            \
            }                                                             \
        }                                                                 \
    }

#define UNARY_LOOP(op, NAME, T, EXPRESSION) \
    CONVERTING_LOOP(op, NAME, T, T, EXPRESSION)
#define CONVERTING_LOOP(op, NAME, T, R, EXPRESSION)                       \
    static void op##_##NAME(char *const *p, const ptrdiff_t *s, size_t n) \
    {                                                                     \
        char *out = p[0];                                                 \
        const char *in = p[1];                                            \
        if (s[0] == sizeof(R) && s[1] == sizeof(T)) {                     \
            SIMD for (size_t i = 0; i < n; i++)                           \
            {                                                             \
                T x = ((const T *)in)[i];                                 \
                ((R *)out)[i] = (R)(EXPRESSION);                          \
            }                                                             \
        } else {                                                          \
            for (size_t i = 0; i < n; i++, out += s[0], in += s[1]) {     \
                T x = *(const T *)in;                                     \
                *(R *)out = (R)(EXPRESSION);                              \
            }                                                             \
        }                                                                 \
    }

/* In its own type, so that it becomes one instruction. */
#define SQRT(x) _Generic((x), float : sqrtf, double : sqrt)(x)
#define FLOOR(x) _Generic((x), float : floorf, double : floor)(x)
#define CEIL(x) _Generic((x), float : ceilf, double : ceil)(x)
#define ROUND(x) _Generic((x), float : rintf, double : rint)(x)

/* What every dtype has; bool adds by or, multiplies by and. */
#define COMMON_LOOPS(NAME, T)                                              \
    BINARY_LOOP(greater, NAME, T, bool, x > y)                             \
    BINARY_LOOP(greater_equal, NAME, T, bool, x >= y)                      \
    BINARY_LOOP(less, NAME, T, bool, x < y)                                \
    BINARY_LOOP(less_equal, NAME, T, bool, x <= y)                         \
    BINARY_LOOP(equal, NAME, T, bool, x == y)                              \
    BINARY_LOOP(not_equal, NAME, T, bool, x != y)                          \
    CONVERTING_LOOP(isnan, NAME, T, bool, x != x)                          \
    static void where_##NAME(char *const *p, const ptrdiff_t *s, size_t n) \
    {                                                                      \
        for (size_t i = 0; i < n; i++) {                                   \
            ptrdiff_t k = (ptrdiff_t)i;                                    \
            *(T *)(p[0] + k * s[0]) = *(const bool *)(p[1] + k * s[1])     \
                                          ? *(const T *)(p[2] + k * s[2])  \
                                          : *(const T *)(p[3] + k * s[3]); \
        }                                                                  \
    }

#define BITWISE_LOOPS(NAME, T)         \
    BINARY_LOOP(and, NAME, T, T, x &y) \
    BINARY_LOOP(or, NAME, T, T, x | y) \
    BINARY_LOOP(xor, NAME, T, T, x ^ y)

#define INTEGER_LOOPS(NAME, T)                                               \
    BITWISE_LOOPS(NAME, T)                                                   \
    UNARY_LOOP(not, NAME, T, ~x)                                             \
    BINARY_LOOP(add, NAME, T, T, (uint64_t)x + (uint64_t)y)                  \
    BINARY_LOOP(subtract, NAME, T, T, (uint64_t)x - (uint64_t)y)             \
    BINARY_LOOP(multiply, NAME, T, T, (uint64_t)x *(uint64_t)y)              \
    BINARY_LOOP(power, NAME, T, T, power_unsigned((uint64_t)x, (uint64_t)y)) \
    BINARY_LOOP(minimum, NAME, T, T, x < y ? x : y)                          \
    BINARY_LOOP(maximum, NAME, T, T, x > y ? x : y)                          \
    UNARY_LOOP(negative, NAME, T, 0 - (uint64_t)x)                           \
    UNARY_LOOP(round, NAME, T, x)

#define SIGNED_LOOPS(NAME, T)                                        \
    INTEGER_LOOPS(NAME, T)                                           \
    BINARY_LOOP(floor_divide, NAME, T, T, floor_divide_signed(x, y)) \
    BINARY_LOOP(remainder, NAME, T, T, remainder_signed(x, y))       \
    UNARY_LOOP(absolute, NAME, T, x < 0 ? 0 - (uint64_t)x : (uint64_t)x)

#define UNSIGNED_LOOPS(NAME, T)                          \
    INTEGER_LOOPS(NAME, T)                               \
    BINARY_LOOP(floor_divide, NAME, T, T, y ? x / y : 0) \
    BINARY_LOOP(remainder, NAME, T, T, y ? x % y : 0)    \
    UNARY_LOOP(absolute, NAME, T, x)

#define FLOAT_LOOPS(NAME, T)                                                  \
    BINARY_LOOP(add, NAME, T, T, x + y)                                       \
    BINARY_LOOP(subtract, NAME, T, T, x - y)                                  \
    BINARY_LOOP(multiply, NAME, T, T, x *y)                                   \
    BINARY_LOOP(divide, NAME, T, T, x / y)                                    \
    BINARY_LOOP(floor_divide, NAME, T, T,                                     \
                floor_divide_float((double)x, (double)y))                     \
    BINARY_LOOP(remainder, NAME, T, T, remainder_float((double)x, (double)y)) \
    BINARY_LOOP(power, NAME, T, T, power_float((double)x, (double)y))         \
    BINARY_LOOP(minimum, NAME, T, T, x < y || isnan(x) ? x : y)               \
    BINARY_LOOP(maximum, NAME, T, T, x > y || isnan(x) ? x : y)               \
    UNARY_LOOP(negative, NAME, T, -x)                                         \
    UNARY_LOOP(absolute, NAME, T, x < 0 ? -x : x + 0)                         \
    UNARY_LOOP(log, NAME, T, log((double)x))                                  \
    UNARY_LOOP(sqrt, NAME, T, SQRT(x))                                        \
    UNARY_LOOP(floor, NAME, T, FLOOR(x))                                      \
    UNARY_LOOP(ceil, NAME, T, CEIL(x))                                        \
    UNARY_LOOP(round, NAME, T, ROUND(x))                                      \
    UNARY_LOOP(tanh, NAME, T, tanh((double)x))                                \
    KERNEL_LOOP(exp, NAME)                                                    \
    KERNEL_LOOP(sigmoid, NAME)                                                \
    static void axpy_##NAME(char *const *p, const ptrdiff_t *s, size_t n)     \
    {                                                                         \
        const ptrdiff_t dense = sizeof(T);                                    \
        if (s[0] == dense && s[1] == 0 && s[2] == dense) {                    \
            const T a = *(const T *)p[1], *x = (const T *)p[2];               \
            T *y = (T *)p[0];                                                 \
            SIMD for (size_t i = 0; i < n; i++) y[i] += a * x[i];             \
            return;                                                           \
        }                                                                     \
        for (size_t i = 0; i < n; i++) {                                      \
            ptrdiff_t k = (ptrdiff_t)i;                                       \
            T a = *(const T *)(p[1] + k * s[1]);                              \
            *(T *)(p[0] + k * s[0]) += a * *(const T *)(p[2] + k * s[2]);     \
        }                                                                     \
    }

/* The kernels are for dense elements; others go through a small block. */
enum { BLOCK = 256 };

typedef void (*dense_kernel)(void *out, const void *x, size_t n);

static void gather(char *block, const char *in, ptrdiff_t stride, size_t size,
                   size_t n)
{
    for (size_t i = 0; i < n; i++, in += stride)
        for (size_t b = 0; b < size; b++)
            block[i * size + b] = in[b];
}

static void scatter(char *out, ptrdiff_t stride, const char *block, size_t size,
                    size_t n)
{
    for (size_t i = 0; i < n; i++, out += stride)
        for (size_t b = 0; b < size; b++)
            out[b] = block[i * size + b];
}

static void through_block(dense_kernel kernel, size_t size, char *const *p,
                          const ptrdiff_t *s, size_t n)
{
    _Alignas(64) char block[BLOCK * sizeof(double)];
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t count = pg_size_min(BLOCK, n - i);
        gather(block, p[1] + (ptrdiff_t)i * s[1], s[1], size, count);
        kernel(block, block, count);
        scatter(p[0] + (ptrdiff_t)i * s[0], s[0], block, size, count);
    }
}

static void run_kernel(dense_kernel kernel, size_t size, char *const *p,
                       const ptrdiff_t *s, size_t n)
{
    if (s[0] == (ptrdiff_t)size && s[1] == (ptrdiff_t)size)
        kernel(p[0], p[1], n);
    else
        through_block(kernel, size, p, s, n);
}

#define KERNEL_LOOP(op, NAME)                                                  \
    static void op##_##NAME(char *const *p, const ptrdiff_t *s, size_t n)      \
    {                                                                          \
        run_kernel(pg_kernels_for(PG_##NAME)->op, pg_dtype_size(PG_##NAME), p, \
                   s, n);                                                      \
    }

/* --- positions ------------------------------------------------------------ */

/* In unsigned numbers, which may wrap: a place that is outside is at least the
   length, or wraps to more. */
static bool count_from_zero(int64_t *positions, size_t n, size_t length)
{
    int outside = 0;
#pragma omp simd reduction(| : outside)
    for (size_t i = 0; i < n; i++) {
        int64_t p = positions[i];
        uint64_t place = (uint64_t)p + (p < 0 ? (uint64_t)length : UINT64_MAX);
        outside |= place >= length;
        positions[i] = (int64_t)place;
    }
    return !outside;
}

/* Whole elements are loaded and stored; wider parts are copied. */
#define TAKE_LOOP(T)                                \
    for (size_t i = 0; i < n; i++)                  \
        ((T *)out)[i] = ((const T *)in)[places[i]]; \
    return;

static void take(char *restrict out, const char *restrict in,
                 const int64_t *restrict places, size_t n, size_t bytes)
{
    switch (bytes) {
    case 1:
        TAKE_LOOP(pg_bits8)
    case 2:
        TAKE_LOOP(pg_bits16)
    case 4:
        TAKE_LOOP(pg_bits32)
    case 8:
        TAKE_LOOP(pg_bits64)
    default:
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * bytes, in + (size_t)places[i] * bytes, bytes);
    }
}

/* --- for each dtype ------------------------------------------------------- */

#define X(NAME, ctype, name, kind) COMMON_LOOPS(NAME, ctype)
PG_DTYPES(X)
#undef X

BITWISE_LOOPS(BOOL, bool)
UNARY_LOOP(not, BOOL, bool, !x)
UNARY_LOOP(absolute, BOOL, bool, x)
UNARY_LOOP(round, BOOL, bool, x)
SIGNED_LOOPS(INT8, int8_t)
SIGNED_LOOPS(INT16, int16_t)
SIGNED_LOOPS(INT32, int32_t)
SIGNED_LOOPS(INT64, int64_t)
UNSIGNED_LOOPS(UINT8, uint8_t)
UNSIGNED_LOOPS(UINT16, uint16_t)
UNSIGNED_LOOPS(UINT32, uint32_t)
UNSIGNED_LOOPS(UINT64, uint64_t)
FLOAT_LOOPS(FLOAT32, float)
FLOAT_LOOPS(FLOAT64, double)

/* --- tables --------------------------------------------------------------- */

#define INTEGER_ROW(op)                                                      \
    [PG_INT8] = op##_INT8, [PG_INT16] = op##_INT16, [PG_INT32] = op##_INT32, \
    [PG_INT64] = op##_INT64, [PG_UINT8] = op##_UINT8,                        \
    [PG_UINT16] = op##_UINT16, [PG_UINT32] = op##_UINT32,                    \
    [PG_UINT64] = op##_UINT64
#define FLOAT_ROW(op) [PG_FLOAT32] = op##_FLOAT32, [PG_FLOAT64] = op##_FLOAT64
#define NUMBER_ROW(op) INTEGER_ROW(op), FLOAT_ROW(op)
#define FULL_ROW(op) [PG_BOOL] = op##_BOOL, NUMBER_ROW(op)

#define TABLE_OF(target) pg_elementwise_kernels_##target
#define TABLE(target) TABLE_OF(target)

extern const pg_elementwise_table TABLE(PG_TARGET);
const pg_elementwise_table TABLE(PG_TARGET) = {
    .binary =
        {
            [PG_ADD] = {[PG_BOOL] = or_BOOL, NUMBER_ROW(add)},
            [PG_SUBTRACT] = {NUMBER_ROW(subtract)},
            [PG_MULTIPLY] = {[PG_BOOL] = and_BOOL, NUMBER_ROW(multiply)},
            [PG_DIVIDE] = {FLOAT_ROW(divide)},
            [PG_FLOOR_DIVIDE] = {NUMBER_ROW(floor_divide)},
            [PG_REMAINDER] = {NUMBER_ROW(remainder)},
            [PG_POWER] = {NUMBER_ROW(power)},
            [PG_GREATER] = {FULL_ROW(greater)},
            [PG_GREATER_EQUAL] = {FULL_ROW(greater_equal)},
            [PG_LESS] = {FULL_ROW(less)},
            [PG_LESS_EQUAL] = {FULL_ROW(less_equal)},
            [PG_EQUAL] = {FULL_ROW(equal)},
            [PG_NOT_EQUAL] = {FULL_ROW(not_equal)},
            [PG_BITWISE_AND] = {[PG_BOOL] = and_BOOL, INTEGER_ROW(and)},
            [PG_BITWISE_OR] = {[PG_BOOL] = or_BOOL, INTEGER_ROW(or)},
            [PG_BITWISE_XOR] = {[PG_BOOL] = xor_BOOL, INTEGER_ROW(xor)},
            [PG_MINIMUM] = {[PG_BOOL] = and_BOOL, NUMBER_ROW(minimum)},
            [PG_MAXIMUM] = {[PG_BOOL] = or_BOOL, NUMBER_ROW(maximum)},
        },

    .unary =
        {
            [PG_NEGATIVE] = {NUMBER_ROW(negative)},
            [PG_ABSOLUTE] = {[PG_BOOL] = absolute_BOOL, NUMBER_ROW(absolute)},
            [PG_EXP] = {FLOAT_ROW(exp)},
            [PG_LOG] = {FLOAT_ROW(log)},
            [PG_SQRT] = {FLOAT_ROW(sqrt)},
            [PG_TANH] = {FLOAT_ROW(tanh)},
            [PG_SIGMOID] = {FLOAT_ROW(sigmoid)},
            [PG_FLOOR] = {[PG_BOOL] = round_BOOL,
                          INTEGER_ROW(round),
                          FLOAT_ROW(floor)},
            [PG_CEIL] = {[PG_BOOL] = round_BOOL,
                         INTEGER_ROW(round),
                         FLOAT_ROW(ceil)},
            [PG_ROUND] = {FULL_ROW(round)},
            [PG_ISNAN] = {FULL_ROW(isnan)},
            [PG_BITWISE_NOT] = {[PG_BOOL] = not_BOOL, INTEGER_ROW(not )},
        },

    .where = {FULL_ROW(where)},
    .axpy = {FLOAT_ROW(axpy)},
    .count_from_zero = count_from_zero,
    .take = take,
};
