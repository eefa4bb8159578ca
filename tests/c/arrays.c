/* Operations on arrays beside naive twins: one element at a time, by the
   definition, over random shapes, views and dtypes. */
#include "test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TRIALS = 6 };

static pg_array any_array(pg_dtype dtype, int ndim, const size_t *shape,
                          values v)
{
    return random_between(0, 1) ? random_array(dtype, ndim, shape, v)
                                : random_view(dtype, ndim, shape, v);
}

/* Ones, and missing axes in front, in the place of some lengths. */
static void random_part(int *ndim, size_t *shape, int full_ndim,
                        const size_t *full)
{
    *ndim =
        (int)random_between(random_between(0, 1) ? full_ndim : 0, full_ndim);
    for (int i = 0; i < *ndim; i++)
        shape[i] = random_between(0, 3) ? full[full_ndim - *ndim + i] : 1;
}

/* --- casts ---------------------------------------------------------------- */

/* C's casts; a float beyond the integers gives the least int64, which then
   wraps, except that a uint64 takes floats from 2^63 on. */
static value cast(value v, pg_dtype to)
{
    unsigned bits = 8 * (unsigned)pg_dtype_size(to);
    if (to == PG_BOOL)
        return (value){false, v.is_float ? v.f != 0 : v.i != 0, 0};
    if (pg_dtype_is_float(to)) {
        double wide = v.is_float ? v.f : (double)v.i;
        float narrow = v.is_float ? (float)v.f : (float)v.i;
        return (value){true, 0, to == PG_FLOAT64 ? wide : (double)narrow};
    }
    __int128 integer = v.i, size = (__int128)1 << bits;
    if (v.is_float && v.f >= -0x1p63 && v.f < 0x1p63)
        integer = (__int128)v.f;
    else if (v.is_float)
        integer = pg_dtype_kind(to) == 'u' && v.f >= 0x1p63 && v.f < 0x1p64
                      ? (__int128)v.f
                      : (__int128)INT64_MIN;
    integer = (integer % size + size) % size;
    if (pg_dtype_kind(to) == 'i' && integer >= size / 2)
        integer -= size;
    return (value){false, integer, 0};
}

static void compare_cast(const pg_array *a, pg_dtype to)
{
    pg_error err;
    pg_array out;
    need(pg_array_astype(&out, a, to, &err), &err);
    for (size_t i = 0; i < pg_array_size(a); i++) {
        value in = load(element_at(a, i, a->ndim, a->shape), a->dtype);
        value expected = cast(in, to), found;
        found = load(element_at(&out, i, a->ndim, a->shape), to);
        if (expected.is_float ? expected.f != found.f : expected.i != found.i)
            fail("cast of %g from %s to %s: %g, not %g", number(in),
                 pg_dtype_name(a->dtype), pg_dtype_name(to), number(found),
                 number(expected));
    }
    pg_array_release(&out);
}

static void test_casts(void)
{
    static const double extremes[] = {1e300, -1e300, 0x1p63,  0x1.8p63, 0x1p64,
                                      -0.5,  0.999,  -1000.7, 300,      0};
    pg_array edges;
    size_t shape[PG_MAXDIM], count = sizeof extremes / sizeof *extremes;
    int ndim;
    double copy[sizeof extremes / sizeof *extremes];
    memcpy(copy, extremes, sizeof copy);
    pg_array_borrow(&edges, copy, PG_FLOAT64, 1, &count);
    for (pg_dtype to = 0; to < PG_DTYPE_COUNT; to++) {
        if (to != PG_FLOAT32) /* 1e300 has no float32 */
            compare_cast(&edges, to);
        for (pg_dtype from = 0; from < PG_DTYPE_COUNT; from++)
            for (int trial = 0; trial < TRIALS; trial++) {
                random_shape(&ndim, shape);
                pg_array a = any_array(from, ndim, shape, ANY);
                compare_cast(&a, to);
                pg_array_release(&a);
            }
    }
    /* A transposed matrix, in tiles and shared among threads. */
    for (pg_dtype dtype = 0; dtype < PG_DTYPE_COUNT; dtype++) {
        pg_array matrix, transposed;
        matrix = random_array(dtype, 2, (const size_t[]){250, 333}, ANY);
        pg_array_transpose_view(&transposed, &matrix);
        compare_cast(&transposed, dtype);
        pg_array_release(&transposed);
        pg_array_release(&matrix);
    }
}

/* --- elementwise ---------------------------------------------------------- */

/* Integers by the definitions, in 128 bits; false if there is no twin. */
static bool integer_twin(__int128 *out, pg_binary_op op, __int128 x, __int128 y)
{
    unsigned __int128 power = 1;
    switch (op) {
    case PG_ADD:
        *out = x + y;
        return true;
    case PG_SUBTRACT:
        *out = x - y;
        return true;
    case PG_MULTIPLY: /* wraps: the dtype's bits are the low ones */
        *out = (__int128)((unsigned __int128)x * (unsigned __int128)y);
        return true;
    case PG_FLOOR_DIVIDE:
        *out = y == 0 ? 0 : (x - ((x % y) + y) % y) / y;
        return true;
    case PG_REMAINDER:
        *out = y == 0 ? 0 : ((x % y) + y) % y;
        return true;
    case PG_POWER:
        if (y > 1000)
            return false;
        for (; y > 0; y--)
            power *= (unsigned __int128)x;
        *out = (__int128)power;
        return true;
    case PG_BITWISE_AND:
        *out = x & y;
        return true;
    case PG_BITWISE_OR:
        *out = x | y;
        return true;
    case PG_BITWISE_XOR:
        *out = x ^ y;
        return true;
    case PG_MINIMUM:
        *out = x < y ? x : y;
        return true;
    case PG_MAXIMUM:
        *out = x > y ? x : y;
        return true;
    default:
        return false;
    }
}

/* Floats by the definitions, each rounded once. Quotients are exact in double,
   as the operands are multiples of 1/4. */
static bool float_twin(double *out, pg_binary_op op, double x, double y,
                       bool is_float32)
{
    switch (op) {
    case PG_ADD:
        *out = x + y;
        break;
    case PG_SUBTRACT:
        *out = x - y;
        break;
    case PG_MULTIPLY:
        *out = x * y;
        break;
    case PG_DIVIDE:
        *out = x / y;
        break;
    case PG_FLOOR_DIVIDE:
        *out = y == 0 ? x / y : floor(x / y);
        break;
    case PG_REMAINDER:
        *out = y == 0 ? (double)NAN : x - floor(x / y) * y;
        break;
    case PG_POWER:
        *out = pow(x, y);
        break;
    case PG_MINIMUM:
        *out = isnan(x) || isnan(y) ? (double)NAN : fmin(x, y);
        break;
    case PG_MAXIMUM:
        *out = isnan(x) || isnan(y) ? (double)NAN : fmax(x, y);
        break;
    case PG_LEAKY_RELU:
        *out = x < 0 ? x * y : x;
        break;
    default:
        return false;
    }
    if (is_float32)
        *out = (double)(float)*out;
    return true;
}

static bool comparison_twin(pg_binary_op op, bool is_less, bool is_equal)
{
    switch (op) {
    case PG_GREATER:
        return !is_less && !is_equal;
    case PG_GREATER_EQUAL:
        return !is_less;
    case PG_LESS:
        return is_less;
    case PG_LESS_EQUAL:
        return is_less || is_equal;
    case PG_EQUAL:
        return is_equal;
    default:
        return !is_equal;
    }
}

/* The value of an operation that computes in `dtype`, which no NaN enters. */
static bool binary_twin(value *out, pg_binary_op op, value x, value y,
                        pg_dtype dtype)
{
    if (op >= PG_GREATER && op <= PG_NOT_EQUAL) {
        bool is_less = x.is_float ? x.f < y.f : x.i < y.i;
        bool is_equal = x.is_float ? x.f == y.f : x.i == y.i;
        *out = (value){false, comparison_twin(op, is_less, is_equal), 0};
        return true;
    }
    out->is_float = x.is_float;
    if (x.is_float)
        return float_twin(&out->f, op, x.f, y.f, dtype == PG_FLOAT32);
    if (dtype == PG_BOOL && (op == PG_ADD || op == PG_MULTIPLY))
        op = op == PG_ADD ? PG_BITWISE_OR : PG_BITWISE_AND;
    if (!integer_twin(&out->i, op, x.i, y.i))
        return false;
    *out = cast(*out, dtype);
    return true;
}

static const char *describe(char *text, const pg_array *a)
{
    char shape[PG_SHAPE_TEXT];
    snprintf(text, 2 * PG_SHAPE_TEXT, "%s %s", pg_dtype_name(a->dtype),
             pg_shape_text(shape, a));
    return text;
}

/* The promoted operands give the dtype that is computed in, except that
   integers divide, and go through leaky_relu, as float64. */
static void compare_binary(pg_binary_op op, const pg_array *a,
                           const pg_array *b)
{
    pg_error err;
    pg_array out;
    char ta[2 * PG_SHAPE_TEXT], tb[2 * PG_SHAPE_TEXT];
    pg_dtype dtype = pg_dtype_promote(a->dtype, b->dtype);
    bool needs_floats = op == PG_DIVIDE || op == PG_LEAKY_RELU;
    if (needs_floats && !pg_dtype_is_float(dtype))
        dtype = PG_FLOAT64;
    pg_status status = pg_binary(&out, op, a, b, &err);
    if (status == PG_EDTYPE || (op == PG_POWER && status == PG_EARG))
        return; /* bool has no difference; integers no negative power */
    need(status, &err);
    for (size_t i = 0; i < pg_array_size(&out); i++) {
        value x =
            cast(load(element_at(a, i, out.ndim, out.shape), a->dtype), dtype);
        value y =
            cast(load(element_at(b, i, out.ndim, out.shape), b->dtype), dtype);
        value found = load(element_at(&out, i, out.ndim, out.shape), out.dtype);
        value expected;
        if (!binary_twin(&expected, op, x, y, dtype))
            continue;
        if (expected.is_float
                ? !is_near(found.f, expected.f,
                           op == PG_POWER ? 1e-6 * fabs(expected.f) : 0)
                : found.i != expected.i)
            fail("binary %d of %s and %s: %.17g and %.17g give %.17g, not "
                 "%.17g",
                 op, describe(ta, a), describe(tb, b), number(x), number(y),
                 number(found), number(expected));
    }
    pg_array_release(&out);
}

/* Small exponents only, since the twin multiplies one by one; and quotients
   that are exact. */
static bool is_suitable(pg_binary_op op, pg_dtype a, pg_dtype b, values v)
{
    bool is_float = pg_dtype_is_float(pg_dtype_promote(a, b));
    if (op == PG_POWER)
        return v == QUARTERS;
    if (op == PG_FLOOR_DIVIDE || op == PG_REMAINDER)
        return !is_float || (v == QUARTERS && a == b);
    return true;
}

static void test_binary(void)
{
    int ndim, na, nb;
    size_t shape[PG_MAXDIM], sa[PG_MAXDIM], sb[PG_MAXDIM];
    for (pg_dtype da = 0; da < PG_DTYPE_COUNT; da++)
        for (pg_dtype db = 0; db < PG_DTYPE_COUNT; db++)
            for (int trial = 0; trial < TRIALS; trial++) {
                values v = trial % 2 ? ANY : QUARTERS;
                random_shape(&ndim, shape);
                random_part(&na, sa, ndim, shape);
                random_part(&nb, sb, ndim, shape);
                pg_array a = any_array(da, na, sa, v);
                pg_array b = any_array(db, nb, sb, v);
                for (pg_binary_op op = 0; op < PG_BINARY_COUNT; op++)
                    if (is_suitable(op, da, db, v))
                        compare_binary(op, &a, &b);
                pg_array_release(&a);
                pg_array_release(&b);
            }
    /* Large enough for the vectors' loops, for threads and for blocks. */
    for (pg_dtype dtype = 0; dtype < PG_DTYPE_COUNT; dtype++) {
        pg_array a = any_array(dtype, 2, (const size_t[]){150, 301}, ANY);
        pg_array b = any_array(dtype, 1, (const size_t[]){301}, ANY);
        compare_binary(PG_ADD, &a, &b);
        compare_binary(PG_MULTIPLY, &b, &a);
        compare_binary(PG_LESS, &a, &a);
        pg_array_release(&a);
        pg_array_release(&b);
    }
}

static double unary_twin(pg_unary_op op, double x)
{
    switch (op) {
    case PG_NEGATIVE:
        return -x;
    case PG_ABSOLUTE:
        return fabs(x);
    case PG_EXP:
        return exp(x);
    case PG_SIGN:
        return x > 0 ? 1 : x < 0 ? -1 : x;
    case PG_SQUARE:
        return x * x;
    case PG_RELU:
        return x < 0 ? 0 : x;
    case PG_EXPM1:
        return expm1(x);
    case PG_LOG:
        return log(x);
    case PG_LOG1P:
        return log1p(x);
    case PG_LOG2:
        return log2(x);
    case PG_LOG10:
        return log10(x);
    case PG_SIN:
        return sin(x);
    case PG_COS:
        return cos(x);
    case PG_TAN:
        return tan(x);
    case PG_SQRT:
        return sqrt(x);
    case PG_TANH:
        return tanh(x);
    case PG_GELU:
        return gelu(x);
    case PG_GELU_DERIVATIVE:
        return gelu_derivative(x);
    case PG_SIGMOID:
        return 1 / (1 + exp(-x));
    case PG_FLOOR:
        return floor(x);
    case PG_CEIL:
        return ceil(x);
    case PG_ROUND:
        return nearbyint(x);
    case PG_ISFINITE:
        return isfinite(x);
    case PG_ISINF:
        return isinf(x) != 0;
    default:
        return isnan(x);
    }
}

/* In 128 bits, for the caller to wrap. What else there is leaves integers. */
static __int128 unary_integer_twin(pg_unary_op op, __int128 x)
{
    switch (op) {
    case PG_NEGATIVE:
        return -x;
    case PG_ABSOLUTE:
        return x < 0 ? -x : x;
    case PG_SIGN:
        return (x > 0) - (x < 0);
    case PG_SQUARE:
        return (__int128)((unsigned __int128)x * (unsigned __int128)x);
    case PG_RELU:
        return x < 0 ? 0 : x;
    default:
        return x;
    }
}

static void compare_unary(pg_unary_op op, const pg_array *a)
{
    pg_error err;
    pg_array out;
    if (pg_unary(&out, op, a, &err) != PG_OK)
        return; /* bool has no negative, floats no bitwise not */
    double precision = out.dtype == PG_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
    for (size_t i = 0; i < pg_array_size(a); i++) {
        value x = load(element_at(a, i, a->ndim, a->shape), a->dtype);
        value found = load(element_at(&out, i, a->ndim, a->shape), out.dtype);
        bool is_right;
        if (op == PG_BITWISE_NOT) {
            value expected = {.i = a->dtype == PG_BOOL ? !x.i : ~x.i};
            is_right = found.i == cast(expected, a->dtype).i;
        } else if (!x.is_float && !pg_dtype_is_float(out.dtype) &&
                   !(op >= PG_ISNAN && op <= PG_ISINF)) {
            value expected = {.i = unary_integer_twin(op, x.i)};
            is_right = found.i == cast(expected, a->dtype).i;
        } else {
            double expected = unary_twin(op, number(x));
            double magnitude =
                op == PG_GELU_DERIVATIVE ? 1 : fabs(expected); /* has a 0 */
            is_right =
                is_near(number(found), expected, 4 * precision * magnitude);
        }
        if (!is_right)
            fail("unary %d of %s: %.17g gives %.17g", op,
                 pg_dtype_name(a->dtype), number(x), number(found));
    }
    pg_array_release(&out);
}

static void test_unary(void)
{
    int ndim;
    size_t shape[PG_MAXDIM];
    for (pg_dtype dtype = 0; dtype < PG_DTYPE_COUNT; dtype++)
        for (int trial = 0; trial < TRIALS; trial++) {
            random_shape(&ndim, shape);
            if (trial == 0) {
                ndim = 1;
                shape[0] = 40000;
            }
            pg_array a =
                any_array(dtype, ndim, shape, trial % 2 ? ANY : QUARTERS);
            for (pg_unary_op op = 0; op < PG_UNARY_COUNT; op++)
                compare_unary(op, &a);
            pg_array_release(&a);
        }
}

/* out = mask ? a : b, and y += alpha * x. */
static void test_where_and_axpy(void)
{
    int ndim, na;
    pg_error err;
    size_t shape[PG_MAXDIM], sa[PG_MAXDIM];
    for (pg_dtype dtype = 0; dtype < PG_DTYPE_COUNT; dtype++)
        for (int trial = 0; trial < TRIALS; trial++) {
            pg_array out, before;
            random_shape(&ndim, shape);
            random_part(&na, sa, ndim, shape);
            pg_array mask = any_array(PG_BOOL, ndim, shape, ANY);
            pg_array a = any_array(dtype, na, sa, ANY);
            pg_array b = any_array(dtype, ndim, shape, ANY);
            need(pg_where(&out, &mask, &a, &b, &err), &err);
            need(pg_array_copy(&before, &b, &err), &err);
            for (size_t i = 0; i < pg_array_size(&out); i++) {
                bool holds = *(bool *)element_at(&mask, i, ndim, shape);
                if (!same_element(element_at(&out, i, ndim, shape),
                                  element_at(holds ? &a : &b, i, ndim, shape),
                                  dtype))
                    fail("where of %s", pg_dtype_name(dtype));
            }
            if (pg_dtype_is_float(dtype)) {
                double precision =
                    dtype == PG_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
                need(pg_axpy(&b, 0.75, &a, &err), &err);
                for (size_t i = 0; i < pg_array_size(&b); i++) {
                    double x = load(element_at(&a, i, ndim, shape), dtype).f;
                    double y =
                        load(element_at(&before, i, ndim, shape), dtype).f;
                    double found =
                        load(element_at(&b, i, ndim, shape), dtype).f;
                    if (!is_near(found, y + 0.75 * x,
                                 2 * precision * (fabs(y) + fabs(x))))
                        fail("axpy of %s", pg_dtype_name(dtype));
                }
            }
            pg_array_release(&before);
            pg_array_release(&out);
            pg_array_release(&mask);
            pg_array_release(&a);
            pg_array_release(&b);
        }
}

/* --- reductions ----------------------------------------------------------- */

/* The elements along an axis, or all of them in row-major order, are those at
   first, first + step, ... of the row-major indices. */
typedef struct group {
    const pg_array *a;
    size_t first, step, n;
} group;

static value member(const group *g, size_t i)
{
    return load(
        element_at(g->a, g->first + i * g->step, g->a->ndim, g->a->shape),
        g->a->dtype);
}

static bool precedes(value x, value y)
{
    return x.is_float ? x.f < y.f : x.i < y.i;
}

/* Integers wrap. */
static bool is_difference(value found, value x, value y, pg_dtype dtype)
{
    unsigned bits = 8 * (unsigned)pg_dtype_size(dtype);
    if (found.is_float)
        return is_near(found.f, x.f - y.f, FLT_EPSILON * fabs(x.f - y.f));
    return ((uint64_t)(found.i - (x.i - y.i)) << (64 - bits)) == 0;
}

/* Compares with one result; sums within an error that grows with the number of
   elements. */
static bool is_reduced(pg_reduce_op op, const group *g, value found,
                       bool is_float32)
{
    __int128 integers = 0;
    uint64_t product = 1;
    size_t nonzero = 0;
    long double sum = 0, squares = 0, magnitude = 0, deviations = 0;
    long double factors = 1;
    bool any = false, all = true;
    size_t least = 0, greatest = 0;
    for (size_t i = 0; i < g->n; i++) {
        value x = member(g, i);
        integers += x.i;
        product *= (uint64_t)x.i;
        factors *= number(x);
        nonzero += number(x) != 0;
        sum += number(x);
        magnitude += fabsl(number(x));
        squares += (long double)number(x) * number(x);
        any = any || number(x) != 0;
        all = all && number(x) != 0;
        least = precedes(x, member(g, least)) ? i : least;
        greatest = precedes(member(g, greatest), x) ? i : greatest;
    }
    long double mean = sum / (long double)g->n;
    for (size_t i = 0; i < g->n; i++)
        deviations +=
            (number(member(g, i)) - mean) * (number(member(g, i)) - mean);
    double variance = (double)(deviations / (long double)g->n);
    double precision = is_float32 ? FLT_EPSILON : DBL_EPSILON;
    double error = 4 * precision * (double)(magnitude + 1);
    switch (op) {
    case PG_PROD:
        if (!found.is_float)
            return (uint64_t)found.i == product;
        if (!(fabsl(factors) < FLT_MAX) || g->n > 100)
            return true; /* part of it may overflow, or not */
        return is_near(found.f, (double)factors,
                       (double)g->n * precision * fabs((double)factors));
    case PG_COUNT_NONZERO:
        return (size_t)found.i == nonzero;
    case PG_PTP:
        return is_difference(found, member(g, greatest), member(g, least),
                             g->a->dtype);
    case PG_SUM:
    case PG_NANSUM:
        if (!found.is_float)
            return (uint64_t)found.i == (uint64_t)integers;
        return is_near(found.f, (double)sum, error);
    case PG_MEAN:
    case PG_NANMEAN:
        return is_near(found.f, (double)mean, error);
    case PG_VAR:
        return is_near(found.f, variance,
                       16 * precision * (double)(squares + 1));
    case PG_STD:
        return is_near(found.f, sqrt(variance),
                       16 * precision * (sqrt((double)squares) + 1));
    case PG_NORM:
        return is_near(found.f, sqrt((double)squares),
                       16 * precision * (sqrt((double)squares) + 1));
    case PG_ANY:
        return found.i == any;
    case PG_ALL_TRUE:
        return found.i == all;
    case PG_MIN:
        return number(found) == number(member(g, least));
    case PG_MAX:
        return number(found) == number(member(g, greatest));
    case PG_ARGMIN:
        return found.i == (__int128)least + 1;
    default:
        return found.i == (__int128)greatest + 1;
    }
}

/* An axis below 0 stands for all. */
static void compare_reduction(pg_reduce_op op, const pg_array *a, int axis)
{
    pg_error err;
    unsigned axes = axis < 0 ? PG_ALL : PG_AXIS(axis);
    pg_array out;
    char text[2 * PG_SHAPE_TEXT];
    group g = {a, 0, 1, pg_array_size(a)};
    if (axis >= 0) {
        g.n = a->shape[axis];
        for (int i = axis + 1; i < a->ndim; i++)
            g.step *= a->shape[i];
    }
    if (g.n == 0 || pg_array_size(a) == 0 ||
        (op == PG_PTP && a->dtype == PG_BOOL))
        return;
    need(pg_reduce(&out, op, a, axes, false, &err), &err);
    for (size_t i = 0; i < pg_array_size(&out); i++) {
        g.first = i / g.step * g.step * g.n + i % g.step;
        value found = load(element_at(&out, i, out.ndim, out.shape), out.dtype);
        if (!is_reduced(op, &g, found, out.dtype == PG_FLOAT32))
            fail("reduction %d of %s along %d: result %zu is %.17g", op,
                 describe(text, a), axis, i, number(found));
    }
    pg_array_release(&out);
}

static void test_reductions(void)
{
    int ndim;
    size_t shape[PG_MAXDIM];
    for (pg_dtype dtype = 0; dtype < PG_DTYPE_COUNT; dtype++) {
        for (int trial = 0; trial < TRIALS; trial++) {
            random_shape(&ndim, shape);
            if (ndim > 0 && trial % 2)
                shape[random_between(0, ndim - 1)] = 37;
            pg_array a =
                any_array(dtype, ndim, shape, trial % 3 ? ANY : QUARTERS);
            for (pg_reduce_op op = 0; op < PG_REDUCE_COUNT; op++)
                for (int axis = -1; axis < ndim; axis++)
                    compare_reduction(op, &a, axis);
            pg_array_release(&a);
        }
        /* Longer than a piece of a long row, and wider than a stripe. */
        bool is_common = dtype == PG_FLOAT32 || dtype == PG_INT64;
        size_t length = is_common ? 70001 : 5001;
        pg_array row = random_array(dtype, 1, &length, ANY);
        pg_array wide = random_array(dtype, 2, (const size_t[]){5, 1100}, ANY);
        for (pg_reduce_op op = 0; op < PG_REDUCE_COUNT; op++) {
            compare_reduction(op, &row, -1);
            compare_reduction(op, &wide, 0);
        }
        pg_array_release(&row);
        pg_array_release(&wide);
    }
}

/* Sums and extremes over the first and the last of three axes. */
static void test_axes(void)
{
    pg_error err;
    const size_t shape[] = {3, 4, 5};
    for (pg_dtype dtype = 0; dtype < PG_DTYPE_COUNT; dtype++) {
        pg_array sums, most, a = any_array(dtype, 3, shape, QUARTERS);
        unsigned axes = PG_AXIS(0) | PG_AXIS(2);
        need(pg_reduce(&sums, PG_SUM, &a, axes, false, &err), &err);
        need(pg_reduce(&most, PG_MAX, &a, axes, true, &err), &err);
        if (sums.ndim != 1 || sums.shape[0] != 4 || most.ndim != 3)
            fail("the shape of a sum over two axes of %s",
                 pg_dtype_name(dtype));
        for (size_t j = 0; j < 4; j++) {
            double sum = 0, greatest = -HUGE_VAL;
            for (size_t i = 0; i < 15; i++) {
                size_t at = i / 5 * 20 + j * 5 + i % 5;
                double x = number(load(element_at(&a, at, 3, shape), dtype));
                sum += x;
                greatest = x > greatest ? x : greatest;
            }
            double found =
                number(load(element_at(&sums, j, 1, sums.shape), sums.dtype));
            if (pg_dtype_size(dtype) < 8 && !is_near(found, sum, 1e-9))
                fail("a sum over two axes of %s: %.17g, not %.17g",
                     pg_dtype_name(dtype), found, sum);
            found = number(load(element_at(&most, j, 3, most.shape), dtype));
            if (found != greatest)
                fail("a maximum over two axes of %s: %.17g, not %.17g",
                     pg_dtype_name(dtype), found, greatest);
        }
        pg_array_release(&sums);
        pg_array_release(&most);
        pg_array_release(&a);
    }
}

/* Medians beside those of sorted copies, in rows that are selected, bracketed
   and shared by threads. */
static void test_medians(void)
{
    pg_error err;
    const size_t lengths[] = {1, 2, 15, 100, 5001, 70000};
    for (pg_dtype dtype = 0; dtype < PG_DTYPE_COUNT; dtype++)
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            size_t n = lengths[k];
            pg_array median, sorted, a = random_array(dtype, 1, &n, ANY);
            need(pg_median(&median, &a, PG_ALL, false, &err), &err);
            need(pg_sort(&sorted, &a, 0, &err), &err);
            double low =
                number(load(element_at(&sorted, (n - 1) / 2, 1, &n), dtype));
            double high =
                number(load(element_at(&sorted, n / 2, 1, &n), dtype));
            double found = number(load(median.data, median.dtype));
            if (!is_near(found, (low + high) / 2,
                         FLT_EPSILON * (fabs(low) + fabs(high))))
                fail("the median of %zu %s: %.17g, not of %.17g and %.17g", n,
                     pg_dtype_name(dtype), found, low, high);
            pg_array_release(&median);
            pg_array_release(&sorted);
            pg_array_release(&a);
        }
}

/* Running sums and products beside naive ones, along each of three axes. */
static void test_cumulative(void)
{
    pg_error err;
    const size_t shape[] = {3, 4, 5};
    for (pg_dtype dtype = 0; dtype < PG_DTYPE_COUNT; dtype++)
        for (int axis = 0; axis < 3; axis++) {
            pg_array sums, products;
            pg_array a = any_array(dtype, 3, shape, QUARTERS);
            need(pg_cumsum(&sums, &a, axis, &err), &err);
            need(pg_cumprod(&products, &a, axis, &err), &err);
            size_t step = axis == 0 ? 20 : axis == 1 ? 5 : 1;
            for (size_t i = 0; i < 60; i++) {
                double sum = 0, product = 1;
                for (size_t k = 0; k <= i / step % shape[axis]; k++) {
                    double x = number(
                        load(element_at(&a, i - k * step, 3, shape), dtype));
                    sum += x;
                    product *= x;
                }
                double s =
                    number(load(element_at(&sums, i, 3, shape), sums.dtype));
                double p = number(
                    load(element_at(&products, i, 3, shape), sums.dtype));
                if (pg_dtype_size(dtype) < 8 &&
                    (!is_near(s, sum, 1e-6) ||
                     (fabs(product) < 1e6 &&
                      !is_near(p, product, 1e-6 * fabs(product)))))
                    fail("running sums of %s along %d: %.17g and %.17g, not "
                         "%.17g and %.17g",
                         pg_dtype_name(dtype), axis, s, p, sum, product);
            }
            pg_array_release(&sums);
            pg_array_release(&products);
            pg_array_release(&a);
        }
}

static void test_softmax(void)
{
    int ndim;
    pg_error err;
    size_t shape[PG_MAXDIM];
    for (pg_dtype dtype = PG_FLOAT32; dtype <= PG_FLOAT64; dtype++)
        for (int trial = 0; trial < 10 * TRIALS; trial++) {
            pg_array out, logs, wholes;
            random_shape(&ndim, shape);
            pg_array a = any_array(dtype, ndim, shape, ANY);
            int axis = ndim ? (int)random_between(0, ndim - 1) : 0;
            if (ndim == 0 || pg_array_size(&a) == 0) {
                pg_array_release(&a);
                continue;
            }
            need(pg_softmax(&out, &a, axis, &err), &err);
            need(pg_log_softmax(&logs, &a, axis, &err), &err);
            need(pg_logsumexp(&wholes, &a, PG_AXIS(axis), false, &err), &err);
            size_t step = 1, n = a.shape[axis];
            for (int i = axis + 1; i < ndim; i++)
                step *= a.shape[i];
            for (size_t i = 0; i < pg_array_size(&a); i++) {
                double sum = 0;
                group g = {&a, i / (step * n) * step * n + i % step, step, n};
                for (size_t k = 0; k < n; k++)
                    sum += exp(member(&g, k).f);
                double x = load(element_at(&a, i, ndim, a.shape), dtype).f;
                double y = load(element_at(&out, i, ndim, a.shape), dtype).f;
                double log = load(element_at(&logs, i, ndim, a.shape), dtype).f;
                double whole =
                    load(element_at(&wholes, i / (step * n) * step + i % step,
                                    wholes.ndim, wholes.shape),
                         dtype)
                        .f;
                double bound = dtype == PG_FLOAT32 ? 1e-6 : 1e-14;
                if (!is_near(y, exp(x) / sum, bound) ||
                    !is_near(log, x - whole, 20 * bound) ||
                    !is_near(exp(whole - x), sum / exp(x),
                             20 * bound * sum / exp(x)))
                    fail("softmax of %s along %d: %.17g, not %.17g; "
                         "logarithms %.17g and %.17g",
                         pg_dtype_name(dtype), axis, y, exp(x) / sum, log,
                         whole);
            }
            pg_array_release(&out);
            pg_array_release(&logs);
            pg_array_release(&wholes);
            pg_array_release(&a);
        }
}

/* --- copies --------------------------------------------------------------- */

/* Reshaped elements keep their row-major order, in views and in copies. */
static void test_reshape(void)
{
    pg_error err;
    for (int trial = 0; trial < 100; trial++) {
        size_t lengths[3], shape[4] = {1, 1, 1, 1}, joined[2];
        for (int i = 0; i < 3; i++) {
            lengths[i] = (size_t)random_between(1, 4);
            shape[random_between(0, 3)] *= lengths[i];
        }
        pg_array out, a = any_array(PG_INT16, 3, lengths, ANY);
        need(pg_array_reshape(&out, &a, 4, shape, &err), &err);
        for (size_t i = 0; i < pg_array_size(&a); i++)
            if (!same_element(element_at(&a, i, 3, lengths),
                              element_at(&out, i, 4, shape), PG_INT16))
                fail("reshape moved element %zu", i);
        pg_array_release(&out);
        joined[0] = lengths[0];
        joined[1] = PG_INFER;
        need(pg_array_reshape(&out, &a, 2, joined, &err), &err);
        if (out.shape[1] != lengths[1] * lengths[2])
            fail("reshape inferred %zu", out.shape[1]);
        pg_array_release(&out);
        pg_array_release(&a);
    }
}

/* Assignment to a view of the array that is assigned, in any direction. */
static void test_overlapping_assignment(void)
{
    pg_error err;
    for (int trial = 0; trial < 50; trial++) {
        const size_t shape[] = {6, 6};
        pg_array reversed, before, a = any_array(PG_FLOAT32, 2, shape, ANY);
        need(pg_array_copy(&before, &a, &err), &err);
        pg_flip_view(&reversed, &a, trial % 2 ? 0 : PG_EVERY_AXIS);
        need(pg_array_assign(&a, &reversed, &err), &err);
        for (size_t i = 0; i < 36; i++) {
            size_t row = 5 - i / 6, column = trial % 2 ? i % 6 : 5 - i % 6;
            if (!same_element(element_at(&a, i, 2, shape),
                              element_at(&before, row * 6 + column, 2, shape),
                              PG_FLOAT32))
                fail("overlapping assignment of element %zu", i);
        }
        pg_array_release(&reversed);
        pg_array_release(&before);
        pg_array_release(&a);
    }
}

void test_arrays(void)
{
    test_casts();
    test_binary();
    test_unary();
    test_where_and_axpy();
    test_reductions();
    test_axes();
    test_medians();
    test_cumulative();
    test_softmax();
    test_reshape();
    test_overlapping_assignment();
}
