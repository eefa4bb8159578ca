/*
 * random.h -- random numbers, exactly those of NumPy's legacy generator.
 *
 * MT19937 (Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8, 1998),
 * seeded, and drawn from, as numpy.random.seed, rand, randn and permutation do:
 * the same seed and the same calls give the same bits.
 */
#ifndef PG_RANDOM_H
#define PG_RANDOM_H

#include "base/status.h"

enum { PG_RANDOM_WORDS = 624 };

/* A generator: a plain struct; a copy of it saves its state. */
typedef struct pg_random {
    uint32_t words[PG_RANDOM_WORDS];
    int position;    /* index of the next word; PG_RANDOM_WORDS: all are used */
    bool has_normal; /* normal is the second of a pair, and not given yet */
    double normal;
} pg_random;

/* numpy.random.seed(seed) */
void pg_random_seed(pg_random *g, uint32_t seed);

/* Seeds from the operating system. */
pg_status pg_random_seed_from_system(pg_random *g, pg_error *err);

/* Writes the state as numbers, the words first, and restores it: false, and
   nothing changed, for numbers that are no state. */
enum { PG_RANDOM_STATE = PG_RANDOM_WORDS + 4 };
void pg_random_save(uint32_t *state, const pg_random *g);
bool pg_random_restore(pg_random *g, const uint32_t *state);

/* The functions below poll for interrupts. A caller that is interrupted
   restores the generator from a copy. */

/* n numbers, uniform in [0, 1), of 53 bits: numpy.random.rand */
void pg_random_uniform(pg_random *g, double *out, size_t n);

/* n standard normals: numpy.random.randn, by Marsaglia's polar method
   ("A convenient method for generating normal variables", SIAM Review 6,
   1964). */
void pg_random_normal(pg_random *g, double *out, size_t n);

/* x[i] = offset + scale * x[i], as numpy.random's uniform and normal do. */
void pg_random_scale(double *x, size_t n, double offset, double scale);

/* n integers, uniform in low .. high, both included:
   numpy.random.randint(low, high + 1) */
void pg_random_integers(pg_random *g, int64_t *out, size_t n, int64_t low,
                        int64_t high);

/* The positions 1 .. n in random order: numpy.random.permutation(n) + 1 */
void pg_random_permutation(pg_random *g, int64_t *out, size_t n);

#endif
