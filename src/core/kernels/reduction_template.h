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

/* --- sums --- */

static SUM NAMED(sum_block)(const T *x, size_t n)
{
    SUM part[LANES] = {0}, rest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] += (SUM)x[i + k];
    for (; i < n; i++)
        rest += (SUM)x[i];
    for (size_t width = LANES / 2; width > 0; width /= 2)
        for (size_t k = 0; k < width; k++)
            part[k] += part[k + width];
    return part[0] + rest;
}

static SUM NAMED(sum_pairwise)(const T *x, size_t n)
{
    if (n <= BLOCK)
        return NAMED(sum_block)(x, n);
    if (n > POLLED && pg_interrupted())
        return 0;
    size_t half = n / 2 & ~(size_t)(LANES - 1);
    return NAMED(sum_pairwise)(x, half) +
           NAMED(sum_pairwise)(x + half, n - half);
}

static void NAMED(sum_along)(void *result, const void *in, size_t n)
{
    *(SUM *)result = NAMED(sum_pairwise)(in, n);
}

static void NAMED(sum_across)(void *results, const void *in, size_t n)
{
    SUM *restrict sums = results;
    const T *restrict x = in;
    for (size_t i = 0; i < n; i++)
        sums[i] += (SUM)x[i];
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
