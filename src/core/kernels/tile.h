/*
 * tile.h -- a tile of compressed rows (rows/sparse.h), as kernels multiply it.
 */
#ifndef PG_TILE_H
#define PG_TILE_H

#include "base/status.h"

enum {
    PG_TILE = 64,
    PG_TILE_ROWS = 2, /* tiles of rows to a block */
    PG_SPARSE_ROWS = PG_TILE * PG_TILE_ROWS,
};

/* The entries of one row or column of a tile. Its index in the block is their
   major index, as in compressed sparse rows or columns. */
typedef struct pg_segment {
    uint32_t major, count;
} pg_segment;

/* The segments, and their entries one after the other. The low byte of an entry
   is its minor index, counted from the tile's first; the high byte is the code
   of its value, or unused if `values` has the values themselves. */
typedef struct pg_tile {
    const pg_segment *segments;
    const uint16_t *entries;
    const void *values; /* one for each entry; NULL: there are codes */
    size_t count;       /* segments */
} pg_tile;

#endif
