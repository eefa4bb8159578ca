/*
 * reduction_template.h -- the reductions of one dtype, included by reduction.c
 * for each (each_dtype.h).
 */

/* Sums are kept in double or, modulo 2^64, in uint64_t. */
#if KIND == 'f'
#define SUM double
#else
#define SUM uint64_t
#endif

/* Counts within a block have the elements' width. */
#define COUNT PG_PASTE_EXPANDED(COUNT_, NAME)

/* --- sums and products --- */

/* An element as it is added or multiplied: of a nansum, NaN is 0. */
ALWAYS_INLINE SUM NAMED(term)(T x, fold_kind kind)
{
    return kind == FOLD_NANSUM && IS_NAN(x) ? 0 : (SUM)x;
}

ALWAYS_INLINE SUM NAMED(join)(SUM a, SUM b, fold_kind kind)
{
    return kind == FOLD_PROD ? a * b : a + b;
}

ALWAYS_INLINE SUM NAMED(fold_block)(const T *x, size_t n, fold_kind kind)
{
    SUM part[LANES], rest = kind == FOLD_PROD;
    size_t i = 0;
    for (size_t k = 0; k < LANES; k++)
        part[k] = rest;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] = NAMED(join)(part[k], NAMED(term)(x[i + k], kind), kind);
    for (; i < n; i++)
        rest = NAMED(join)(rest, NAMED(term)(x[i], kind), kind);
    for (size_t width = LANES / 2; width > 0; width /= 2)
        for (size_t k = 0; k < width; k++)
            part[k] = NAMED(join)(part[k], part[k + width], kind);
    return NAMED(join)(part[0], rest, kind);
}

/* Defines the pairwise sum or product along a row, and that across rows. */
#define FOLD(name, kind)                                                      \
    static SUM NAMED(name##_pairwise)(const T *x, size_t n)                   \
    {                                                                         \
        if (n <= BLOCK)                                                       \
            return NAMED(fold_block)(x, n, kind);                             \
        if (n > POLLED && pg_interrupted())                                   \
            return 0;                                                         \
        size_t half = n / 2 & ~(size_t)(LANES - 1);                           \
        return NAMED(join)(NAMED(name##_pairwise)(x, half),                   \
                           NAMED(name##_pairwise)(x + half, n - half), kind); \
    }                                                                         \
    static void NAMED(name##_along)(void *result, const void *in, size_t n)   \
    {                                                                         \
        *(SUM *)result = NAMED(name##_pairwise)(in, n);                       \
    }                                                                         \
    static void NAMED(name##_across)(void *results, const void *in, size_t n) \
    {                                                                         \
        SUM *restrict sums = results;                                         \
        const T *restrict x = in;                                             \
        for (size_t i = 0; i < n; i++)                                        \
            sums[i] = NAMED(join)(sums[i], NAMED(term)(x[i], kind), kind);    \
    }
FOLD(sum, FOLD_SUM)
FOLD(prod, FOLD_PROD)
FOLD(nansum, FOLD_NANSUM)
#undef FOLD

/* --- counts --- */

static void NAMED(count_along)(void *result, const void *in, size_t n)
{
    enum { WIDTH = 256 / sizeof(T), MOST = 255 };
    const T *x = in;
    int64_t count = 0;
    PG_EACH_OF (COUNTED, i, n / WIDTH / MOST + 1) {
        /* A lane counts to MOST in the elements' own width. */
        COUNT lanes[WIDTH] = {0};
        size_t first = i * WIDTH * MOST;
        size_t last = pg_size_min(n / WIDTH * WIDTH, first + WIDTH * MOST);
        for (size_t j = first; j < last; j += WIDTH)
            for (size_t k = 0; k < WIDTH; k++)
                lanes[k] = (COUNT)(lanes[k] + (x[j + k] != 0));
        for (size_t k = 0; k < WIDTH; k++)
            count += (int64_t)lanes[k];
    }
    for (size_t j = n / WIDTH * WIDTH; j < n; j++)
        count += x[j] != 0;
    *(int64_t *)result = count;
}

static void NAMED(count_across)(void *results, const void *in, size_t n)
{
    int64_t *restrict counts = results;
    const T *restrict x = in;
    for (size_t i = 0; i < n; i++)
        counts[i] += x[i] != 0;
}

/* --- extremes --- */

/* The extreme of x and best: NaN if either is. */
ALWAYS_INLINE T NAMED(pick)(T x, T best, bool greatest)
{
    return (greatest ? x > best : x < best) || IS_NAN(x) ? x : best;
}

ALWAYS_INLINE T NAMED(extreme)(const T *x, size_t n, bool greatest)
{
    enum { WIDTH = 256 / sizeof(T) }; /* a few registers */
    pg_assert(n > 0);
    T best[WIDTH];
    size_t i = 1;
    for (size_t k = 0; k < WIDTH; k++)
        best[k] = x[0];
    for (; i + WIDTH <= n; i += WIDTH)
        for (size_t k = 0; k < WIDTH; k++)
            best[k] = NAMED(pick)(x[i + k], best[k], greatest);
    for (; i < n; i++)
        best[0] = NAMED(pick)(x[i], best[0], greatest);
    for (size_t width = WIDTH / 2; width > 0; width /= 2)
        for (size_t k = 0; k < width; k++)
            best[k] = NAMED(pick)(best[k + width], best[k], greatest);
    return best[0];
}

static T NAMED(min)(const T *x, size_t n)
{
    return NAMED(extreme)(x, n, false);
}

static T NAMED(max)(const T *x, size_t n)
{
    return NAMED(extreme)(x, n, true);
}

static void NAMED(min_along)(void *result, const void *in, size_t n)
{
    *(T *)result = NAMED(min)(in, n);
}

static void NAMED(max_along)(void *result, const void *in, size_t n)
{
    *(T *)result = NAMED(max)(in, n);
}

static void NAMED(min_across)(void *results, const void *in, size_t n)
{
    T *restrict bests = results;
    const T *restrict x = in;
    for (size_t i = 0; i < n; i++)
        bests[i] = NAMED(pick)(x[i], bests[i], false);
}

static void NAMED(max_across)(void *results, const void *in, size_t n)
{
    T *restrict bests = results;
    const T *restrict x = in;
    for (size_t i = 0; i < n; i++)
        bests[i] = NAMED(pick)(x[i], bests[i], true);
}

/* Finds the block with the extreme, and in it the first element that is equal
   to it. NaN ends the search. */
ALWAYS_INLINE int64_t NAMED(find_extreme)(const T *x, size_t n, bool greatest)
{
    pg_assert(n > 0);
    T best = x[0];
    size_t at = 0;
    for (size_t i = 0; i < n && !IS_NAN(best); i += SEARCHED) {
        size_t count = n - i < SEARCHED ? n - i : SEARCHED;
        T here = greatest ? NAMED(max)(x + i, count) : NAMED(min)(x + i, count);
        bool better =
            i == 0 || (greatest ? here > best : here < best) || IS_NAN(here);
        best = better ? here : best;
        at = better ? i : at;
    }
    for (; at + LANES <= n; at += LANES) {
        unsigned found = 0;
        for (size_t k = 0; k < LANES; k++)
            found |=
                (unsigned)(x[at + k] == best) | (unsigned)IS_NAN(x[at + k]);
        if (found)
            break;
    }
    while (x[at] != best && !IS_NAN(x[at]))
        at++;
    return (int64_t)at + 1;
}

static void NAMED(argmin_along)(void *result, const void *in, size_t n)
{
    *(int64_t *)result = NAMED(find_extreme)(in, n, false);
}

static void NAMED(argmax_along)(void *result, const void *in, size_t n)
{
    *(int64_t *)result = NAMED(find_extreme)(in, n, true);
}

#undef SUM
#undef COUNT
