/* The inner loops of the elementwise operations, compiled once for each target,
   PG_TARGET. Rounding does not depend on the target, but for exp, log, sin and
   so on, which are those of functions.c and kernels.c: nothing is fused or
   reordered. */

#include "kernels/elementwise.h"

#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

/* --- element operations --------------------------------------------------- */

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

/* By squaring; y is not negative (map.c refuses it). */
static inline uint64_t power_unsigned(uint64_t x, uint64_t y)
{
    uint64_t power = 1;
    for (; y; y >>= 1, x *= x)
        if (y & 1)
            power *= x;
    return power;
}

/* Most powers are squares, for which pow takes ten times as long. */
static inline double power_float(double x, double y)
{
    return y == 2 ? x * x : pow(x, y);
}

/* As in Python: the remainder has the divisor's sign; the quotient is
   (x - remainder) / y, rounded to the nearest integer. */
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

   Dense operands, of which one may be a single value, get loops that the
   compiler vectorises. As out may be an operand, SIMD tells the compiler that
   no element depends on another. */

#define SIMD _Pragma("omp simd")

#define DENSE_LOOP(R, X, Y, EXPRESSION)  \
    SIMD for (size_t i = 0; i < n; i++)  \
    {                                    \
        T x = (X), y = (Y);              \
        ((R *)out)[i] = (R)(EXPRESSION); \
    }

#define BINARY(op, R, EXPRESSION)                                       \
    static void NAMED(op)(char *const *p, const ptrdiff_t *s, size_t n) \
    {                                                                   \
        char *out = p[0];                                               \
        const char *left = p[1], *right = p[2];                         \
        const T *xs = (const T *)left, *ys = (const T *)right;          \
        const ptrdiff_t dense = sizeof(T);                              \
        if (s[0] == sizeof(R) && s[1] == dense && s[2] == dense) {      \
            DENSE_LOOP(R, xs[i], ys[i], EXPRESSION)                     \
        } else if (s[0] == sizeof(R) && s[1] == dense && s[2] == 0) {   \
            const T all = *ys;                                          \
            DENSE_LOOP(R, xs[i], all, EXPRESSION)                       \
        } else if (s[0] == sizeof(R) && s[1] == 0 && s[2] == dense) {   \
            const T all = *xs;                                          \
            DENSE_LOOP(R, all, ys[i], EXPRESSION)                       \
        } else {                                                        \
            for (size_t i = 0; i < n; i++) {                            \
                T x = *(const T *)left, y = *(const T *)right;          \
                *(R *)out = (R)(EXPRESSION);                            \
                out += s[0];                                            \
                left += s[1];                                           \
                right += s[2];                                          \
            }                                                           \
        }                                                               \
    }

#define UNARY(op, R, EXPRESSION)                                        \
    static void NAMED(op)(char *const *p, const ptrdiff_t *s, size_t n) \
    {                                                                   \
        char *out = p[0];                                               \
        const char *in = p[1];                                          \
        if (s[0] == sizeof(R) && s[1] == sizeof(T)) {                   \
            SIMD for (size_t i = 0; i < n; i++)                         \
            {                                                           \
                T x = ((const T *)in)[i];                               \
                ((R *)out)[i] = (R)(EXPRESSION);                        \
            }                                                           \
        } else {                                                        \
            for (size_t i = 0; i < n; i++, out += s[0], in += s[1]) {   \
                T x = *(const T *)in;                                   \
                *(R *)out = (R)(EXPRESSION);                            \
            }                                                           \
        }                                                               \
    }

/* Infinities and NaN leave NaN; integers are finite. */
#define IS_FINITE(x) ((x) - (x) == 0)

/* In its own type, so that it becomes one instruction. */
PG_EXPECT_FLOATS(2);
#define SQRT(x) _Generic((x), float : sqrtf, double : sqrt)(x)
#define FLOOR(x) _Generic((x), float : floorf, double : floor)(x)
#define CEIL(x) _Generic((x), float : ceilf, double : ceil)(x)
#define ROUND(x) _Generic((x), float : rintf, double : rint)(x)

static inline void copy_strided(char *out, ptrdiff_t out_stride, const char *in,
                                ptrdiff_t in_stride, size_t size, size_t n)
{
    for (size_t i = 0; i < n; i++, out += out_stride, in += in_stride)
        for (size_t b = 0; b < size; b++)
            out[b] = in[b];
}

typedef void (*dense_kernel)(void *out, const void *x, size_t n);

/* Runs a kernel for dense elements over strided ones, through a buffer. */
static void run_dense_kernel(dense_kernel kernel, size_t size, char *const *p,
                             const ptrdiff_t *s, size_t n)
{
    enum { BLOCK = 256 };
    const ptrdiff_t dense = (ptrdiff_t)size;
    _Alignas(64) char buffer[BLOCK * sizeof(double)];
    if (s[0] == dense && s[1] == dense) {
        kernel(p[0], p[1], n);
        return;
    }
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t count = pg_size_min(BLOCK, n - i);
        copy_strided(buffer, dense, p[1] + (ptrdiff_t)i * s[1], s[1], size,
                     count);
        kernel(buffer, buffer, count);
        copy_strided(p[0] + (ptrdiff_t)i * s[0], s[0], buffer, dense, size,
                     count);
    }
}

#define PG_TEMPLATE "kernels/elementwise_template.h"
#include "array/each_dtype.h"

/* --- positions ------------------------------------------------------------ */

/* In unsigned numbers, which may wrap: an index that is out of range is at
   least the length, or wraps to more than it. */
static bool indices_from_positions(int64_t *positions, size_t n, size_t length)
{
    int outside = 0;
#pragma omp simd reduction(| : outside)
    for (size_t i = 0; i < n; i++) {
        int64_t p = positions[i];
        uint64_t index = (uint64_t)p + (p < 0 ? (uint64_t)length : UINT64_MAX);
        outside |= index >= length;
        positions[i] = (int64_t)index;
    }
    return !outside;
}

static size_t count_true(const bool *holds, size_t n)
{
    const unsigned char *bytes = (const unsigned char *)holds;
    size_t count = 0;
#pragma omp simd reduction(+ : count)
    for (size_t i = 0; i < n; i++)
        count += bytes[i];
    return count;
}

/* Without a branch for each element, as a mask is hard to predict: of four
   elements four indices are written, and the next ones overwrite those that are
   too many. */
static size_t list_true(int64_t *list, size_t room, const bool *holds, size_t n,
                        int64_t first)
{
    static const int64_t places[16][4] = {
        {0},    {0},       {1},       {0, 1},      {2},    {0, 2},
        {1, 2}, {0, 1, 2}, {3},       {0, 3},      {1, 3}, {0, 1, 3},
        {2, 3}, {0, 2, 3}, {1, 2, 3}, {0, 1, 2, 3}};
    static const uint8_t counts[16] = {0, 1, 1, 2, 1, 2, 2, 3,
                                       1, 2, 2, 3, 2, 3, 3, 4};
    size_t found = 0, i = 0;
    for (; i + 4 <= n && found + 4 <= room; i += 4) {
        int four = holds[i] | holds[i + 1] << 1 | holds[i + 2] << 2 |
                   holds[i + 3] << 3;
#pragma omp simd
        for (size_t k = 0; k < 4; k++)
            list[found + k] = first + (int64_t)i + places[four][k];
        found += counts[four];
    }
    for (; i < n && found < room; i++) {
        list[found] = first + (int64_t)i;
        found += holds[i];
    }
    return found;
}

/* Loads and stores whole elements; copies wider parts. */
#define TAKE_LOOP(T)                                 \
    for (size_t i = 0; i < n; i++)                   \
        ((T *)out)[i] = ((const T *)in)[indices[i]]; \
    return;

static void take(char *restrict out, const char *restrict in,
                 const int64_t *restrict indices, size_t n, size_t bytes)
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
            memcpy(out + i * bytes, in + (size_t)indices[i] * bytes, bytes);
    }
}

/* --- tables --------------------------------------------------------------- */

PG_EXPECT_DTYPES(11);
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
            [PG_LEAKY_RELU] = {FLOAT_ROW(leaky_relu)},
        },

    .unary =
        {
            [PG_NEGATIVE] = {NUMBER_ROW(negative)},
            [PG_ABSOLUTE] = {[PG_BOOL] = absolute_BOOL, NUMBER_ROW(absolute)},
            [PG_SIGN] = {NUMBER_ROW(sign)},
            [PG_SQUARE] = {NUMBER_ROW(square)},
            [PG_RELU] = {FULL_ROW(relu)},
            [PG_EXP] = {FLOAT_ROW(exp)},
            [PG_EXPM1] = {FLOAT_ROW(expm1)},
            [PG_LOG] = {FLOAT_ROW(log)},
            [PG_LOG1P] = {FLOAT_ROW(log1p)},
            [PG_LOG2] = {FLOAT_ROW(log2)},
            [PG_LOG10] = {FLOAT_ROW(log10)},
            [PG_SQRT] = {FLOAT_ROW(sqrt)},
            [PG_SIN] = {FLOAT_ROW(sin)},
            [PG_COS] = {FLOAT_ROW(cos)},
            [PG_TAN] = {FLOAT_ROW(tan)},
            [PG_TANH] = {FLOAT_ROW(tanh)},
            [PG_GELU] = {FLOAT_ROW(gelu)},
            [PG_GELU_DERIVATIVE] = {FLOAT_ROW(gelu_derivative)},
            [PG_SIGMOID] = {FLOAT_ROW(sigmoid)},
            [PG_FLOOR] = {[PG_BOOL] = round_BOOL,
                          INTEGER_ROW(round),
                          FLOAT_ROW(floor)},
            [PG_CEIL] = {[PG_BOOL] = round_BOOL,
                         INTEGER_ROW(round),
                         FLOAT_ROW(ceil)},
            [PG_ROUND] = {FULL_ROW(round)},
            [PG_ISNAN] = {FULL_ROW(isnan)},
            [PG_ISFINITE] = {FULL_ROW(isfinite)},
            [PG_ISINF] = {FULL_ROW(isinf)},
            [PG_BITWISE_NOT] = {[PG_BOOL] = not_BOOL, INTEGER_ROW(not )},
        },

    .where = {FULL_ROW(where)},
    .axpy = {FLOAT_ROW(axpy)},
    .indices_from_positions = indices_from_positions,
    .count_true = count_true,
    .list_true = list_true,
    .take = take,
};
