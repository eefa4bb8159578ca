/*
 * sparse.h -- the rows of x without their zeros, compressed once for all
 * networks that train on them.
 *
 * Rows are cut into blocks of PG_SPARSE_ROWS, and each block into tiles
 * (tile.h) twice: into tiles of PG_TILE columns and all rows of the block, for
 * the forward product, and into tiles of PG_TILE rows and all columns, for the
 * gradient. The PG_TILE rows of weights or gradients that a tile multiplies fit
 * into level 1 cache.
 *
 * If x has at most 256 distinct values, as pixels have, each entry has a code
 * for its value (codes.h), and so takes two bytes. Otherwise the values stand
 * beside the entries.
 */
#ifndef PG_SPARSE_H
#define PG_SPARSE_H

#include "array/array.h"
#include "kernels/tile.h"

typedef struct pg_sparse pg_sparse;

/* *sparse = x (n, inputs) times scale, as dtype, compressed; the caller
   releases it. It is cached with x's storage, and found there until x is
   written to. If more than the part `most` of x is not zero, only the density
   is computed. PG_ENOMEM, PG_EINTERRUPT. */
pg_status pg_sparse_of(pg_sparse **sparse, const pg_array *x, double scale,
                       pg_dtype dtype, double most, pg_error *err);
void pg_sparse_release(pg_sparse *sparse); /* NULL is allowed */

/* True if x was written to since it was compressed. */
bool pg_sparse_is_old(const pg_sparse *sparse, const pg_array *x);

/* The part of x that is not zero, 0..1. */
double pg_sparse_density(const pg_sparse *sparse);

/* True if x was compressed. The functions below need that. */
bool pg_sparse_is_made(const pg_sparse *sparse);

/* table (PG_CODES) = the value of each code, times scale, as dtype. */
void pg_sparse_table(const pg_sparse *sparse, void *table, double scale,
                     pg_dtype dtype);

/* The number of tiles of columns in each block. */
size_t pg_sparse_column_tiles(const pg_sparse *sparse);

/* The tiles of columns, and the PG_TILE_ROWS tiles of rows, of a block. */
const pg_tile *pg_sparse_columns(const pg_sparse *sparse, size_t block);
const pg_tile *pg_sparse_rows(const pg_sparse *sparse, size_t block);

/* The entries of a row (from 0) in the tile of columns of that index. */
typedef struct pg_row_entries {
    const uint16_t *entries;
    const void *values; /* NULL: the entries have codes */
    size_t count;
} pg_row_entries;
pg_row_entries pg_sparse_row_entries(const pg_sparse *sparse, size_t row,
                                     size_t tile);

/* As many entries may be read behind the last one: copies have this length. */
enum { PG_SPARSE_AHEAD = 32 };

/* Bytes of the value beside each entry; 0 if the entries have codes. */
size_t pg_sparse_value_size(const pg_sparse *sparse);

/* The largest number of entries in a row. */
size_t pg_sparse_most_in_row(const pg_sparse *sparse);

#endif
