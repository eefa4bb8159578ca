/*
 * index.h -- indexing by positions and slices, axis by axis.
 *
 * Positions start at 1, and count from the end as -1, -2 ...; slices include
 * both ends; nothing is clamped.
 */
#ifndef PG_INDEX_H
#define PG_INDEX_H

#include "array/array.h"

/* A position or a slice along one axis. */
typedef struct pg_index {
    enum { PG_INDEX_POSITION, PG_INDEX_SLICE } kind;
    bool has_first, has_last; /* a missing end of a slice is the axis's */
    int64_t first, last;      /* a position is in first */
    int64_t step;             /* not 0; negative goes backwards */
} pg_index;

/* Everything along an axis. */
#define PG_INDEX_ALL ((pg_index){.kind = PG_INDEX_SLICE, .step = 1})

/* The view of a at `count` indices, one for each of its first axes; the other
   axes are taken whole. A position drops its axis. A slice that ends before it
   begins is empty. PG_EINDEX for a position out of range (0 included), or for
   more indices than axes; PG_EARG for a step of 0. */
pg_status pg_index_view(pg_array *out, const pg_array *a,
                        const pg_index *indices, int count, pg_error *err);

/* *index (from 0) = the index of a position along an axis, which a must have.
   PG_EINDEX for a position out of range. */
pg_status pg_index_of_position(size_t *index, int64_t position,
                               const pg_array *a, int axis, pg_error *err);

/* *count = the number of elements that the slice names along an axis, which a
   must have, and *first the index (from 0) of the first of them. PG_EINDEX for
   a position out of range; PG_EARG for a step of 0. */
pg_status pg_index_of_slice(size_t *first, size_t *count, const pg_index *slice,
                            const pg_array *a, int axis, pg_error *err);

/* Part `part` (from 0) of an axis that is cut into `parts` parts as equal as
   possible: the first ones are longer by one, as in numpy.array_split. a must
   have the axis, and parts must be more than part. */
void pg_split_view(pg_array *out, const pg_array *a, int axis, size_t part,
                   size_t parts);

/* Part `part` (from 0) of an axis that is cut in front of each of `count`
   positions; there are count + 1 parts. A position beyond the ends cuts there,
   as in numpy.array_split. PG_EINDEX for 0. */
pg_status pg_split_view_at(pg_array *out, const pg_array *a, int axis,
                           size_t part, const int64_t *positions, size_t count,
                           pg_error *err);

/* Parses "1:10, :" or "-5:, 3" or "::-1" into indices (room for PG_MAXDIM).
   PG_EARG says what could not be parsed. */
pg_status pg_index_parse(pg_index *indices, int *count, const char *text,
                         pg_error *err);

#endif
