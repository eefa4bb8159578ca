/*
 * draw.h -- arrays in random order, and random elements of them, as
 * numpy.random's shuffle and choice draw them.
 */
#ifndef PG_DRAW_H
#define PG_DRAW_H

#include "array/array.h"
#include "ops/random.h"

/* n numbers by one of random.h's functions, times scale, plus offset. Given up
   (PG_EINTERRUPT), as all that is drawn here can be, it leaves the generator as
   it was. */
pg_status pg_draw(pg_array *out, int ndim, const size_t *shape,
                  void (*draw)(pg_random *g, double *out, size_t n),
                  double offset, double scale, pg_random *g, pg_error *err);

/* The same of pg_random_integers, and of pg_random_permutation. */
pg_status pg_draw_integers(pg_array *out, int ndim, const size_t *shape,
                           int64_t low, int64_t high, pg_random *g,
                           pg_error *err);
pg_status pg_draw_permutation(pg_array *out, size_t n, pg_random *g,
                              pg_error *err);

/* Puts a's rows (its elements, at rank 1) into random order, in place, whole.
   PG_ESHAPE for rank 0; PG_ENOMEM where there is no room for a copy of a. */
pg_status pg_shuffle(const pg_array *a, pg_random *g, pg_error *err);

/* What choice draws from, and how. */
typedef struct pg_choice {
    size_t population; /* the positions 1 .. population */
    const pg_array *p; /* their probabilities, of rank 1, or NULL: all alike */
    bool replace;      /* whether one may be drawn more than once */
} pg_choice;

/* *out: a new array (int64) of positions. PG_EARG where there are not enough,
   or where p are not probabilities that add up to 1. */
pg_status pg_choose(pg_array *out, int ndim, const size_t *shape,
                    const pg_choice *choice, pg_random *g, pg_error *err);

/* The same of a's rows: *out is a new array of them. */
pg_status pg_choose_rows(pg_array *out, const pg_array *a, int ndim,
                         const size_t *shape, const pg_choice *choice,
                         pg_random *g, pg_error *err);

#endif
