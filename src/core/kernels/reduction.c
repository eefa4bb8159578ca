/* Compiled once for each target, whose name is PG_TARGET. The order of
   additions is written out, so it does not depend on the target. */
#include "kernels/reduction.h"

#include "base/interrupt.h"

/* --- sums ------------------------------------------------------------------

   Pairwise: blocks of at most BLOCK in LANES partial sums, halves added to
   halves; the error grows with log n where a plain loop's grows with n (Higham
   1993). Written for each accumulator A, of which integers would not need it
   but lose nothing. */

enum { BLOCK = 512, LANES = 32 };

/* From so many on, half a sum is asked for whether it is still wanted. */
enum { MANY = 1 << 18 };

#define SUM_LOOPS(NAME, T, A)                                                  \
    static A block_##NAME(const T *x, size_t n)                                \
    {                                                                          \
        A part[LANES] = {0}, rest = 0;                                         \
        size_t i = 0;                                                          \
        for (; i + LANES <= n; i += LANES)                                     \
            for (size_t k = 0; k < LANES; k++)                                 \
                part[k] += (A)x[i + k];                                        \
        for (; i < n; i++)                                                     \
            rest += (A)x[i];                                                   \
        for (size_t width = LANES / 2; width > 0; width /= 2)                  \
            for (size_t k = 0; k < width; k++)                                 \
                part[k] += part[k + width];                                    \
        return part[0] + rest;                                                 \
    }                                                                          \
    static A pairwise_##NAME(const T *x, size_t n)                             \
    {                                                                          \
        if (n <= BLOCK)                                                        \
            return block_##NAME(x, n);                                         \
        if (n > MANY && pg_interrupted())                                      \
            return 0;                                                          \
        size_t half = n / 2 & ~(size_t)(LANES - 1);                            \
        return pairwise_##NAME(x, half) + pairwise_##NAME(x + half, n - half); \
    }                                                                          \
    static void sum_along_##NAME(void *result, const void *in, size_t n)       \
    {                                                                          \
        *(A *)result = pairwise_##NAME(in, n);                                 \
    }                                                                          \
    static void sum_across_##NAME(void *results, const void *in, size_t n)     \
    {                                                                          \
        A *restrict sums = results;                                            \
        const T *restrict x = in;                                              \
        for (size_t i = 0; i < n; i++)                                         \
            sums[i] += (A)x[i];                                                \
    }

/* Signed sums wrap: they are added as unsigned numbers. */
SUM_LOOPS(BOOL, bool, uint64_t)
SUM_LOOPS(INT8, int8_t, uint64_t)
SUM_LOOPS(INT16, int16_t, uint64_t)
SUM_LOOPS(INT32, int32_t, uint64_t)
SUM_LOOPS(INT64, int64_t, uint64_t)
SUM_LOOPS(UINT8, uint8_t, uint64_t)
SUM_LOOPS(UINT16, uint16_t, uint64_t)
SUM_LOOPS(UINT32, uint32_t, uint64_t)
SUM_LOOPS(UINT64, uint64_t, uint64_t)
SUM_LOOPS(FLOAT32, float, double)
SUM_LOOPS(FLOAT64, double, double)

/* --- extremes --------------------------------------------------------------

   x replaces best where it is better, or NaN: only NaN differs from itself. As
   many at a time as a few registers hold. */

/* Elements at a time that a position is searched for in. */
enum { SEARCHED = 2048 };

#define PICK(x, best, BETTER) ((x)BETTER(best) || (x) != (x) ? (x) : (best))

#define EXTREME_LOOPS(op, NAME, T, BETTER)                                     \
    static T op##_##NAME(const T *x, size_t n)                                 \
    {                                                                          \
        enum { WIDTH = 256 / sizeof(T) };                                      \
        T best[WIDTH];                                                         \
        size_t i = 1;                                                          \
        for (size_t k = 0; k < WIDTH; k++)                                     \
            best[k] = x[0];                                                    \
        for (; i + WIDTH <= n; i += WIDTH)                                     \
            for (size_t k = 0; k < WIDTH; k++)                                 \
                best[k] = PICK(x[i + k], best[k], BETTER);                     \
        for (; i < n; i++)                                                     \
            best[0] = PICK(x[i], best[0], BETTER);                             \
        for (size_t width = WIDTH / 2; width > 0; width /= 2)                  \
            for (size_t k = 0; k < width; k++)                                 \
                best[k] = PICK(best[k + width], best[k], BETTER);              \
        return best[0];                                                        \
    }                                                                          \
    static void op##_along_##NAME(void *result, const void *in, size_t n)      \
    {                                                                          \
        *(T *)result = op##_##NAME(in, n);                                     \
    }                                                                          \
    static void op##_across_##NAME(void *results, const void *in, size_t n)    \
    {                                                                          \
        T *restrict bests = results;                                           \
        const T *restrict x = in;                                              \
        for (size_t i = 0; i < n; i++)                                         \
            bests[i] = PICK(x[i], bests[i], BETTER);                           \
    }                                                                          \
    /* The block whose extreme is the whole's, and the first element in it     \
       that is. NaN ends the search. */                                        \
    static void arg##op##_along_##NAME(void *result, const void *in, size_t n) \
    {                                                                          \
        const T *x = in;                                                       \
        T best = x[0];                                                         \
        size_t at = 0;                                                         \
        for (size_t i = 0; i < n && best == best; i += SEARCHED) {             \
            T here = op##_##NAME(x + i, n - i < SEARCHED ? n - i : SEARCHED);  \
            bool better = i == 0 || here BETTER best || here != here;          \
            best = better ? here : best;                                       \
            at = better ? i : at;                                              \
        }                                                                      \
        for (; at + LANES <= n; at += LANES) {                                 \
            unsigned found = 0;                                                \
            for (size_t k = 0; k < LANES; k++)                                 \
                found |= (unsigned)(x[at + k] == best) |                       \
                         (unsigned)(x[at + k] != x[at + k]);                   \
            if (found)                                                         \
                break;                                                         \
        }                                                                      \
        while (x[at] != best && x[at] == x[at])                                \
            at++;                                                              \
        *(int64_t *)result = (int64_t)at + 1;                                  \
    }

#define X(NAME, ctype, name, kind)     \
    EXTREME_LOOPS(min, NAME, ctype, <) \
    EXTREME_LOOPS(max, NAME, ctype, >)
PG_DTYPES(X)
#undef X

/* --- the table --------------------------------------------------------------
 */

#define SUM_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {sum_along_##NAME, sum_across_##NAME},
#define MIN_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {min_along_##NAME, min_across_##NAME},
#define MAX_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {max_along_##NAME, max_across_##NAME},
#define ARGMIN_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {argmin_along_##NAME, NULL},
#define ARGMAX_ROW(NAME, ctype, name, kind) \
    [PG_##NAME] = {argmax_along_##NAME, NULL},

#define TABLE_OF(target) pg_reduction_kernels_##target
#define TABLE(target) TABLE_OF(target)

extern const pg_reduction_table TABLE(PG_TARGET);
const pg_reduction_table TABLE(PG_TARGET) = {
    .of =
        {
            [PG_SUM] = {PG_DTYPES(SUM_ROW)},
            [PG_MIN] = {PG_DTYPES(MIN_ROW)},
            [PG_MAX] = {PG_DTYPES(MAX_ROW)},
            [PG_ARGMIN] = {PG_DTYPES(ARGMIN_ROW)},
            [PG_ARGMAX] = {PG_DTYPES(ARGMAX_ROW)},
        },
};
