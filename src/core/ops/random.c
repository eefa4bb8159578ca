/* MT19937, and the distributions of numpy.random drawn from it. */

#include "ops/random.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/parallel.h"

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

/* After the words come the position, has_normal, and the bits of the normal. */
void pg_random_save(uint32_t *state, const pg_random *g)
{
    uint64_t bits;
    memcpy(&bits, &g->normal, sizeof bits);
    memcpy(state, g->words, sizeof g->words);
    state[N] = (uint32_t)g->position;
    state[N + 1] = g->has_normal;
    state[N + 2] = (uint32_t)bits;
    state[N + 3] = (uint32_t)(bits >> 32);
}

/* False if all bits that count are 0 (one of the first word): the generator
   would give zeros for ever, and the polar method would never end. */
static bool has_bits(const uint32_t *words)
{
    uint32_t bits = words[0] & 0x80000000U;
    for (int i = 1; i < N; i++)
        bits |= words[i];
    return bits != 0;
}

bool pg_random_restore(pg_random *g, const uint32_t *state)
{
    if (state[N] > N || state[N + 1] > 1 || !has_bits(state))
        return false;
    uint64_t bits = (uint64_t)state[N + 3] << 32 | state[N + 2];
    double normal;
    memcpy(&normal, &bits, sizeof bits);
    if (state[N + 1] && !isfinite(normal))
        return false;
    g->normal = normal;
    memcpy(g->words, state, sizeof g->words);
    g->position = (int)state[N];
    g->has_normal = state[N + 1];
    return true;
}

static uint32_t twist(uint32_t high, uint32_t low)
{
    uint32_t y = (high & 0x80000000U) | (low & 0x7fffffffU);
    return (y >> 1) ^ ((0 - (y & 1)) & 0x9908b0dfU);
}

/* Makes the next N words, in three loops that need no index modulo N. */
static void next_words(pg_random *g)
{
    uint32_t *w = g->words;
    for (int i = 0; i < N - M; i++)
        w[i] = w[i + M] ^ twist(w[i], w[i + 1]);
    for (int i = N - M; i < N - 1; i++)
        w[i] = w[i + M - N] ^ twist(w[i], w[i + 1]);
    w[N - 1] = w[M - 1] ^ twist(w[N - 1], w[0]);
    g->position = 0;
}

static uint32_t temper(uint32_t y)
{
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
}

static uint32_t next_32(pg_random *g)
{
    if (g->position == N)
        next_words(g);
    return temper(g->words[g->position++]);
}

/* Takes n words, up to N at a time. */
static void take_words(pg_random *g, uint32_t *out, size_t n)
{
    while (n > 0) {
        if (g->position == N)
            next_words(g);
        size_t count = pg_size_min(n, (size_t)(N - g->position));
        const uint32_t *words = g->words + g->position;
        for (size_t i = 0; i < count; i++)
            out[i] = temper(words[i]);
        g->position += (int)count;
        out += count;
        n -= count;
    }
}

/* A number in [0, 1) of 53 bits: 27 of the first word, 26 of the second. */
static double make_double(uint32_t first, uint32_t second)
{
    double a = (int32_t)(first >> 5), b = (int32_t)(second >> 6);
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

/* --- distributions -------------------------------------------------------- */

enum { BLOCK = 512 }; /* numbers at a time */

/* Draws n <= BLOCK uniform numbers. */
static void draw_block(pg_random *g, double *out, size_t n)
{
    uint32_t words[2 * BLOCK];
    pg_assert(n <= BLOCK);
    take_words(g, words, 2 * n);
    for (size_t k = 0; k < n; k++)
        out[k] = make_double(words[2 * k], words[2 * k + 1]);
}

void pg_random_uniform(pg_random *g, double *out, size_t n)
{
    size_t end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, BLOCK); i = end)
        draw_block(g, out + i, end - i);
}

/* Draws n points (x, y), uniform within the unit circle, and no candidate more
   than that takes. */
static void draw_points(pg_random *g, double *points, size_t n)
{
    double candidates[BLOCK];
    for (size_t found = 0; found < n && !pg_interrupted();) {
        size_t count = pg_size_min(BLOCK / 2, n - found);
        draw_block(g, candidates, 2 * count);
        for (size_t i = 0; i < count; i++) {
            double x = 2.0 * candidates[2 * i] - 1.0;
            double y = 2.0 * candidates[2 * i + 1] - 1.0;
            double r2 = x * x + y * y;
            points[2 * found] = x;
            points[2 * found + 1] = y;
            found += r2 < 1.0 && r2 != 0.0;
        }
    }
}

typedef struct points {
    double *xy;
    size_t n;
} points;

enum { POINTS_A_JOB = 4096 };

/* pg_job: turns each point into two normals; NumPy gives the one of y first. */
static void make_normals(void *context, size_t job)
{
    const points *p = context;
    size_t first = job * POINTS_A_JOB;
    double *xy = p->xy + 2 * first;
    for (size_t i = 0; i < pg_size_min(POINTS_A_JOB, p->n - first); i++) {
        double x = xy[2 * i], y = xy[2 * i + 1], r2 = x * x + y * y;
        double f = sqrt(-2.0 * log(r2) / r2);
        xy[2 * i] = f * y;
        xy[2 * i + 1] = f * x;
    }
}

/* Draws pairs of normals. */
static void draw_pairs(pg_random *g, double *out, size_t pairs)
{
    points p = {out, pairs};
    draw_points(g, out, pairs);
    pg_parallel_for(pg_size_divide_up(pairs, POINTS_A_JOB), true, make_normals,
                    &p);
}

void pg_random_normal(pg_random *g, double *out, size_t n)
{
    if (n > 0 && g->has_normal) {
        g->has_normal = false;
        *out++ = g->normal;
        n--;
    }
    draw_pairs(g, out, n / 2);
    if (n % 2) {
        double pair[2];
        draw_pairs(g, pair, 1);
        out[n - 1] = pair[0];
        g->normal = pair[1];
        g->has_normal = true;
    }
}

void pg_random_scale(double *x, size_t n, double offset, double scale)
{
    PG_EACH (i, n)
        x[i] = offset + scale * x[i];
}

/* Uniform in 0 .. max: draws with a mask, and rejects those beyond max. */
static uint64_t next_up_to(pg_random *g, uint64_t max)
{
    uint64_t mask = max, value;
    for (unsigned shift = 1; shift < 64; shift *= 2)
        mask |= mask >> shift;
    do {
        value = next_32(g);
        if (max > UINT32_MAX)
            value = value << 32 | next_32(g);
        value &= mask;
    } while (value > max);
    return value;
}

/* A single possible value takes no draw. */
void pg_random_integers(pg_random *g, int64_t *out, size_t n, int64_t low,
                        int64_t high)
{
    pg_assert(low <= high);
    uint64_t span = (uint64_t)high - (uint64_t)low;
    PG_EACH (i, n)
        out[i] = (int64_t)((uint64_t)low + (span ? next_up_to(g, span) : 0));
}

/* Fisher and Yates, from the end. */
void pg_random_permutation(pg_random *g, int64_t *out, size_t n)
{
    PG_EACH (i, n)
        out[i] = (int64_t)i + 1;
    PG_EACH (k, n - (n > 0)) {
        size_t i = n - 1 - k;
        size_t j = (size_t)next_up_to(g, i);
        int64_t moved = out[i];
        out[i] = out[j];
        out[j] = moved;
    }
}
