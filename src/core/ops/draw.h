/*
 * draw.h -- random arrays, and shuffle and choice as in numpy.random.
 *
 * All functions can be interrupted (PG_EINTERRUPT); the generator is then as it
 * was before.
 */
#ifndef PG_DRAW_H
#define PG_DRAW_H

#include "array/array.h"
#include "ops/random.h"

/* *out = offset + scale * numbers by draw, pg_random_uniform or
   pg_random_normal. */
pg_status pg_draw(pg_array *out, int ndim, const size_t *shape,
                  void (*draw)(pg_random *g, double *out, size_t n),
                  double offset, double scale, pg_random *g, pg_error *err);

/* Finishes an array of draws that is filled: returns status, or PG_EINTERRUPT
   if the filling was interrupted. Unless that is PG_OK, the array is released
   and the generator is as it was before. */
pg_status pg_draw_end(pg_array *out, pg_status status, pg_random *g,
                      const pg_random *before, pg_error *err);

/* *out = integers by pg_random_integers, and by pg_random_permutation. */
pg_status pg_draw_integers(pg_array *out, int ndim, const size_t *shape,
                           int64_t low, int64_t high, pg_random *g,
                           pg_error *err);
pg_status pg_draw_permutation(pg_array *out, size_t n, pg_random *g,
                              pg_error *err);

/* Puts a's rows (elements at rank 1) into random order, in place: all or none.
   PG_ESHAPE for rank 0; PG_ENOMEM without memory for a copy of a. */
pg_status pg_shuffle(const pg_array *a, pg_random *g, pg_error *err);

/* The arguments of numpy.random.choice. */
typedef struct pg_choice {
    size_t population; /* the positions 1 .. population */
    const pg_array *p; /* their probabilities, of rank 1; NULL: all equal */
    bool replace;      /* true: one may be drawn more than once */
} pg_choice;

/* *out (int64) = positions. PG_EARG if there are not enough, or if p are not
   probabilities that add up to 1. */
pg_status pg_choose(pg_array *out, int ndim, const size_t *shape,
                    const pg_choice *choice, pg_random *g, pg_error *err);

/* *out = rows of a, or elements at rank 1, at positions by pg_choose. */
pg_status pg_choose_rows(pg_array *out, const pg_array *a, int ndim,
                         const size_t *shape, const pg_choice *choice,
                         pg_random *g, pg_error *err);

#endif
