/*
 * sparse.h -- the rows of x without their zeros, compressed once for all
 * networks that train on them.
 *
 * Rows are cut into blocks, blocks into tiles: the numbers between PG_TILE
 * columns and the block's rows, for the forward product, and between PG_TILE
 * rows and all columns, for the gradient. What a tile multiplies, PG_TILE rows
 * of weights or of gradients, fits into level 1 cache.
 *
 * A number takes two bytes where x has at most 256 distinct values, as pixels
 * have: its place in the tile, and a code.
 */
#ifndef PG_SPARSE_H
#define PG_SPARSE_H

#include "array/array.h"
#include "kernels/tile.h"

typedef struct pg_sparse pg_sparse;

/* x (n, inputs) times scale, as dtype, without its zeros; held by the caller
   once. Found at x's storage, if it was made there before and x not written to
   since. Where more than `most` of x is not zero, only the density is found
   out. PG_ENOMEM. */
pg_status pg_sparse_of(pg_sparse **sparse, const pg_array *x, double scale,
                       pg_dtype dtype, double most, pg_error *err);
void pg_sparse_release(pg_sparse *sparse); /* NULL is allowed */

/* Whether x was written to since. */
bool pg_sparse_is_old(const pg_sparse *sparse, const pg_array *x);

/* The part of x that is not zero, 0..1; and whether x was compressed. */
double pg_sparse_density(const pg_sparse *sparse);
bool pg_sparse_is_made(const pg_sparse *sparse);

/* The value of each code, times scale, as dtype: table (PG_CODES). */
void pg_sparse_table(const pg_sparse *sparse, void *table, double scale,
                     pg_dtype dtype);

size_t pg_sparse_column_tiles(const pg_sparse *sparse);

/* The tiles of columns, and the tiles of rows, of a block. */
const pg_tile *pg_sparse_columns(const pg_sparse *sparse, size_t block);
const pg_tile *pg_sparse_rows(const pg_sparse *sparse, size_t block);

/* What a row (from 0) has in tile t of columns. */
typedef struct pg_row_entries {
    const uint16_t *entries;
    const void *values; /* NULL: there are codes */
    size_t count;
} pg_row_entries;
pg_row_entries pg_sparse_row_entries(const pg_sparse *sparse, size_t row,
                                     size_t t);

/* Entries are copied so many at a time: as many may be read from behind the
   last of them. */
enum { PG_SPARSE_AHEAD = 32 };

/* The bytes of a value that stands beside its entry; 0: there are codes. */
size_t pg_sparse_value_size(const pg_sparse *sparse);

/* The most numbers that are not zero in any row. */
size_t pg_sparse_most_in_row(const pg_sparse *sparse);

#endif
