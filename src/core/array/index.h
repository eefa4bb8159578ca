/*
 * index.h -- which elements are meant: positions and slices, axis by axis.
 *
 * Positions start at 1 and count from -1 at the end; slices include both ends;
 * nothing is clamped.
 */
#ifndef PG_INDEX_H
#define PG_INDEX_H

#include "array/array.h"

/* What is asked of one axis. */
typedef struct pg_index {
    enum { PG_INDEX_POSITION, PG_INDEX_SLICE } kind;
    bool has_first, has_last; /* a slice's end that is absent is the axis's */
    int64_t first, last;      /* a position is in first */
    int64_t step;             /* not 0; negative goes backwards */
} pg_index;

/* Everything along an axis. */
#define PG_INDEX_ALL ((pg_index){.kind = PG_INDEX_SLICE, .step = 1})

/* The view of a that indices 0 .. count-1 name. A position drops its axis; axes
   without an index are taken whole. A slice that ends before it begins is
   empty. PG_EINDEX for a position beyond the ends (0 included), or for more
   indices than axes; a step of 0 is PG_EARG. */
pg_status pg_index_view(pg_array *out, const pg_array *a,
                        const pg_index *indices, int count, pg_error *err);

/* *place (from 0) = where a position is along an axis (from 0) of a. PG_EINDEX
   for one beyond the ends. */
pg_status pg_index_place(size_t *place, int64_t position, const pg_array *a,
                         int axis, pg_error *err);

/* Reads "1:10, :" or "-5:, 3" or "::-1" into indices (room for PG_MAXDIM).
   PG_EARG names what could not be read. */
pg_status pg_index_parse(pg_index *indices, int *count, const char *text,
                         pg_error *err);

/* The arrays one after the other along an axis (from 0): a new array of the
   promoted dtype. PG_ESHAPE where the other lengths differ; PG_EARG for none,
   or for an axis that there is not. */
pg_status pg_concat(pg_array *out, const pg_array *const *arrays, size_t count,
                    int axis, pg_error *err);

/* The same along a new axis: all must have one shape. */
pg_status pg_stack(pg_array *out, const pg_array *const *arrays, size_t count,
                   int axis, pg_error *err);

#endif
