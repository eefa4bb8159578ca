/*
 * draw.h -- arrays in random order, and random elements of them, as
 * numpy.random's shuffle and choice draw them.
 */
#ifndef PG_DRAW_H
#define PG_DRAW_H

#include "array.h"
#include "random.h"

/* Puts a's rows (its elements, at rank 1) into random order, in place.
   PG_ESHAPE for rank 0; PG_ENOMEM where a row of several elements cannot be
   held. */
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

#endif
