/*
 * cumulative_template.h -- running sums and products of one dtype, included by
 * cumulative.c (each_dtype.h).
 */

/* They are kept in double or, modulo 2^64, in uint64_t; float32 is written
   again as it is. */
#if KIND == 'f'
#define SUM double
#define RESULT T
#else
#define SUM uint64_t
#define RESULT uint64_t
#endif

static inline void NAMED(accumulate)(void *results, const void *in, void *sums,
                                     size_t n, size_t inner, size_t count,
                                     bool multiplies)
{
    RESULT *out = results;
    const T *x = in;
    SUM *sum = sums;
    const SUM start = (SUM)(multiplies ? 1.0 : -0.0); /* -0 + -0 is -0 */
    if (count == 1) {                                 /* in a register */
        SUM s = start;
        PG_EACH (i, n) {
            s = multiplies ? s * (SUM)x[i * inner] : s + (SUM)x[i * inner];
            out[i * inner] = (RESULT)s;
        }
        return;
    }
    for (size_t k = 0; k < count; k++)
        sum[k] = start;
    PG_EACH_WIDE (count, i, n) {
        for (size_t k = 0; k < count; k++) {
            sum[k] = multiplies ? sum[k] * (SUM)x[k] : sum[k] + (SUM)x[k];
            out[k] = (RESULT)sum[k];
        }
        x += inner;
        out += inner;
    }
}

static void NAMED(cumsum)(void *out, const void *in, void *sums, size_t n,
                          size_t inner, size_t count)
{
    NAMED(accumulate)(out, in, sums, n, inner, count, false);
}

static void NAMED(cumprod)(void *out, const void *in, void *sums, size_t n,
                           size_t inner, size_t count)
{
    NAMED(accumulate)(out, in, sums, n, inner, count, true);
}

#undef SUM
#undef RESULT
