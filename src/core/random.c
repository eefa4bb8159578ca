#include "random.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- MT19937 -------------------------------------------------------------- */

enum { N = PG_RANDOM_WORDS, M = 397 };

void pg_random_seed(pg_random *g, uint32_t seed)
{
    for (uint32_t i = 0; i < N; i++) {
        g->words[i] = seed;
        seed = 1812433253U * (seed ^ (seed >> 30)) + i + 1;
    }
    g->position = N;
    g->has_normal = false;
    g->normal = 0;
}

pg_status pg_random_seed_from_system(pg_random *g, pg_error *err)
{
    static const char path[] = "/dev/urandom";
    uint32_t seed;
    FILE *file = fopen(path, "rb");
    size_t read = file ? fread(&seed, sizeof seed, 1, file) : 0;
    int error = errno;
    if (file)
        fclose(file);
    if (read != 1)
        return pg_fail(err, PG_EIO, "%s: %s", path, strerror(error));
    pg_random_seed(g, seed);
    return PG_OK;
}

static uint32_t twist(uint32_t high, uint32_t low)
{
    uint32_t y = (high & 0x80000000U) | (low & 0x7fffffffU);
    return (y >> 1) ^ (y & 1 ? 0x9908b0dfU : 0);
}

static void next_words(pg_random *g)
{
    uint32_t *w = g->words;
    for (int i = 0; i < N; i++)
        w[i] = w[(i + M) % N] ^ twist(w[i], w[(i + 1) % N]);
    g->position = 0;
}

static uint32_t next_32(pg_random *g)
{
    if (g->position == N)
        next_words(g);
    uint32_t y = g->words[g->position++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
}

static uint64_t next_64(pg_random *g)
{
    uint64_t high = next_32(g);
    return high << 32 | next_32(g);
}

/* 27 bits, then 26. */
static double next_double(pg_random *g)
{
    uint32_t a = next_32(g) >> 5, b = next_32(g) >> 6;
    return ((double)a * 67108864.0 + (double)b) / 9007199254740992.0;
}

/* --- what is drawn -------------------------------------------------------- */

void pg_random_uniform(pg_random *g, double *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = next_double(g);
}

/* A point within the unit circle gives two; NumPy hands out the one of y
   first. */
static double next_normal(pg_random *g)
{
    if (g->has_normal) {
        g->has_normal = false;
        return g->normal;
    }
    double x, y, r2;
    do {
        x = 2.0 * next_double(g) - 1.0;
        y = 2.0 * next_double(g) - 1.0;
        r2 = x * x + y * y;
    } while (r2 >= 1.0 || r2 == 0.0);
    double f = sqrt(-2.0 * log(r2) / r2);
    g->normal = f * x;
    g->has_normal = true;
    return f * y;
}

void pg_random_normal(pg_random *g, double *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = next_normal(g);
}

/* Uniform in 0 .. max: masked draws, those beyond it rejected. */
static uint64_t next_up_to(pg_random *g, uint64_t max)
{
    uint64_t mask = max, value;
    for (unsigned shift = 1; shift < 64; shift *= 2)
        mask |= mask >> shift;
    do
        value = (max <= UINT32_MAX ? next_32(g) : next_64(g)) & mask;
    while (value > max);
    return value;
}

void pg_random_stretch(double *x, size_t n, double offset, double scale)
{
    for (size_t i = 0; i < n; i++)
        x[i] = offset + scale * x[i];
}

/* One possible value takes no draw. */
void pg_random_integers(pg_random *g, int64_t *out, size_t n, int64_t low,
                        int64_t high)
{
    uint64_t span = (uint64_t)high - (uint64_t)low;
    for (size_t i = 0; i < n; i++)
        out[i] = (int64_t)((uint64_t)low + (span ? next_up_to(g, span) : 0));
}

/* Fisher and Yates, from the end. */
void pg_random_permutation(pg_random *g, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int64_t)i + 1;
    for (size_t i = n; i-- > 1;) {
        size_t j = (size_t)next_up_to(g, i);
        int64_t moved = out[i];
        out[i] = out[j];
        out[j] = moved;
    }
}
