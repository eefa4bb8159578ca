/*
 * tile.h -- a part of compressed rows, as the kernels multiply it (sparse.h).
 */
#ifndef PG_TILE_H
#define PG_TILE_H

#include "base/status.h"

enum {
    PG_TILE = 64,
    PG_TILE_ROWS = 2, /* tiles of rows to a block */
    PG_SPARSE_ROWS = PG_TILE * PG_TILE_ROWS,
};

/* The entries of a tile that go to one target: a row of the block, or a column.
 */
typedef struct pg_segment {
    uint32_t target, count;
} pg_segment;

/* Segment after segment, and their entries: the source, from the tile's first,
   in the low byte of an entry, the code of the value in the high one. Where
   there are no codes, the values stand beside. */
typedef struct pg_tile {
    const pg_segment *segments;
    const uint16_t *entries;
    const void *values; /* NULL: there are codes */
    size_t count;       /* segments */
} pg_tile;

#endif
