/*
 * elementwise_template.h -- the elementwise loops of one dtype, included by
 * elementwise.c for each (each_dtype.h).
 *
 * BINARY(name, R, expression of x and y) and UNARY(name, R, expression of x)
 * make the loop of an operation with results of type R.
 */

/* --- every dtype --- */

BINARY(greater, bool, x > y)
BINARY(greater_equal, bool, x >= y)
BINARY(less, bool, x < y)
BINARY(less_equal, bool, x <= y)
BINARY(equal, bool, x == y)
BINARY(not_equal, bool, x != y)
UNARY(isnan, bool, x != x)
UNARY(isfinite, bool, IS_FINITE(x))
UNARY(isinf, bool, (x == x) & !IS_FINITE(x))

/* Reads both operands of dense elements, without a branch: a mask is hard to
   predict. */
#define WHERE_LOOP(X, Y)                \
    SIMD for (size_t i = 0; i < n; i++) \
    {                                   \
        T x = (X), y = (Y);             \
        out[i] = holds[i] ? x : y;      \
    }

static void NAMED(where)(char *const *p, const ptrdiff_t *s, size_t n)
{
    T *out = (T *)p[0];
    const unsigned char *holds = (const unsigned char *)p[1];
    const T *xs = (const T *)p[2], *ys = (const T *)p[3];
    const ptrdiff_t dense = sizeof(T);
    bool is_dense = s[0] == dense && s[1] == sizeof(bool);
    if (is_dense && s[2] == dense && s[3] == dense) {
        WHERE_LOOP(xs[i], ys[i])
    } else if (is_dense && s[2] == dense && s[3] == 0) {
        const T all = *ys;
        WHERE_LOOP(xs[i], all)
    } else if (is_dense && s[2] == 0 && s[3] == dense) {
        const T all = *xs;
        WHERE_LOOP(all, ys[i])
    } else {
        for (size_t i = 0; i < n; i++) {
            ptrdiff_t k = (ptrdiff_t)i;
            *(T *)(p[0] + k * s[0]) = *(const bool *)(p[1] + k * s[1])
                                          ? *(const T *)(p[2] + k * s[2])
                                          : *(const T *)(p[3] + k * s[3]);
        }
    }
}
#undef WHERE_LOOP

/* --- bool: adds by or, multiplies by and --- */

#if KIND != 'f'
BINARY(and, T, x &y)
BINARY(or, T, x | y)
BINARY(xor, T, x ^ y)
#endif

#if KIND == 'b'
UNARY(not, T, !x)
UNARY(absolute, T, x)
UNARY(relu, T, x)
UNARY(round, T, x)
#endif

/* --- integers: computed modulo 2^64 and cut to their width, which is the same
   as wrapping at the width --- */

#if KIND == 'i' || KIND == 'u'
UNARY(not, T, ~x)
BINARY(add, T, (uint64_t)x + (uint64_t)y)
BINARY(subtract, T, (uint64_t)x - (uint64_t)y)
BINARY(multiply, T, (uint64_t)x *(uint64_t)y)
BINARY(power, T, power_unsigned((uint64_t)x, (uint64_t)y))
BINARY(minimum, T, x < y ? x : y)
BINARY(maximum, T, x > y ? x : y)
UNARY(negative, T, 0 - (uint64_t)x)
UNARY(square, T, (uint64_t)x *(uint64_t)x)
UNARY(round, T, x)
#endif

#if KIND == 'i'
BINARY(floor_divide, T, floor_divide_signed(x, y))
BINARY(remainder, T, remainder_signed(x, y))
UNARY(absolute, T, x < 0 ? 0 - (uint64_t)x : (uint64_t)x)
UNARY(sign, T, (x > 0) - (x < 0))
UNARY(relu, T, x < 0 ? 0 : x)
#elif KIND == 'u'
BINARY(floor_divide, T, y ? x / y : 0)
BINARY(remainder, T, y ? x % y : 0)
UNARY(absolute, T, x)
UNARY(sign, T, x > 0)
UNARY(relu, T, x)
#endif

/* --- floats --- */

#if KIND == 'f'
BINARY(add, T, x + y)
BINARY(subtract, T, x - y)
BINARY(multiply, T, x *y)
BINARY(divide, T, x / y)
BINARY(floor_divide, T, floor_divide_float((double)x, (double)y))
BINARY(remainder, T, remainder_float((double)x, (double)y))
BINARY(power, T, power_float((double)x, (double)y))
BINARY(minimum, T, x < y || isnan(x) ? x : y)
BINARY(maximum, T, x > y || isnan(x) ? x : y)
BINARY(leaky_relu, T, x < 0 ? x * y : x)
UNARY(negative, T, -x)
UNARY(absolute, T, x < 0 ? -x : x + 0)
UNARY(sign, T, x != x ? x : (T)((x > 0) - (x < 0)))
UNARY(square, T, x *x)
UNARY(relu, T, x < 0 ? 0 : x)
UNARY(sqrt, T, SQRT(x))
UNARY(floor, T, FLOOR(x))
UNARY(ceil, T, CEIL(x))
UNARY(round, T, ROUND(x))

#define FUNCTION(op, name)                                                     \
    static void NAMED(name)(char *const *p, const ptrdiff_t *s, size_t n)      \
    {                                                                          \
        run_dense_kernel(pg_kernels_for(DTYPE)->function[op], sizeof(T), p, s, \
                         n);                                                   \
    }
PG_FUNCTION_LIST(FUNCTION)
FUNCTION(PG_EXP, exp)
FUNCTION(PG_SIGMOID, sigmoid)
#undef FUNCTION

static void NAMED(axpy)(char *const *p, const ptrdiff_t *s, size_t n)
{
    const ptrdiff_t dense = sizeof(T);
    if (s[0] == dense && s[1] == 0 && s[2] == dense) {
        const T a = *(const T *)p[1], *x = (const T *)p[2];
        T *y = (T *)p[0];
        SIMD for (size_t i = 0; i < n; i++) y[i] += a * x[i];
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ptrdiff_t k = (ptrdiff_t)i;
        T a = *(const T *)(p[1] + k * s[1]);
        *(T *)(p[0] + k * s[0]) += a * *(const T *)(p[2] + k * s[2]);
    }
}
#endif
