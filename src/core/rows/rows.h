/*
 * rows.h -- the rows of x, block by block, as a training step reads them.
 *
 * x keeps its dtype and view in memory (pixels stay bytes). A block is used in
 * place where x already is what the network computes with, else converted when
 * it is needed; rows that were compressed (sparse.h) come as tiles.
 */
#ifndef PG_ROWS_H
#define PG_ROWS_H

#include "array/array.h"
#include "ops/linalg.h"
#include "rows/sparse.h"

typedef struct pg_rows {
    pg_array x;   /* (n, inputs), a view */
    double scale; /* each number of x is multiplied by it */
    pg_dtype dtype;
    bool in_place;
    pg_sparse *sparse; /* NULL: pg_rows_compress was not called */
    void *table;       /* (PG_CODES) the codes' values; NULL: rows are dense */
} pg_rows;

/* Some rows, as the first layer multiplies them: a matrix (n, inputs), or the
   tiles of what is not zero. */
typedef struct pg_row_block {
    pg_matrix x;
    size_t column_tiles; /* 0: dense, and nothing below */
    const pg_tile *columns;
    const pg_tile *rows; /* NULL: the gradient goes by the columns' tiles */
    const void *table;
} pg_row_block;

/* A view of x (n, inputs) times scale as dtype, float32 or float64. */
void pg_rows_view(pg_rows *rows, const pg_array *x, double scale,
                  pg_dtype dtype);
void pg_rows_release(pg_rows *rows); /* zeroed: does nothing */

/* Has x compressed, and its rows come as tiles, unless more than `most` of x,
   0..1, is not zero. PG_ENOMEM leaves the rows as they were. */
pg_status pg_rows_compress(pg_rows *rows, double most, pg_error *err);

/* True where x was written to since it was compressed; pg_rows_compress reads
   it again. */
bool pg_rows_are_old(const pg_rows *rows);

/* Bytes of the buffer for a block or a batch of n rows. */
size_t pg_rows_buffer_bytes(const pg_rows *rows, size_t n);

/* Rows first .. first + n - 1 (from 0), in place or in the buffer. Compressed:
   first is a multiple of PG_SPARSE_ROWS, and n at most that. */
pg_row_block pg_rows_block(const pg_rows *rows, void *buffer, size_t first,
                           size_t n);

/* The n rows at these positions, which count from 1, in the buffer. */
pg_row_block pg_rows_batch(const pg_rows *rows, void *buffer,
                           const int64_t *positions, size_t n);

/* True where each number of a dense block of n rows is finite. */
bool pg_rows_finite(const pg_rows *rows, const pg_row_block *block, size_t n);

/* True where there can be a number that is not finite: among integers only with
   a very large scale. */
bool pg_rows_may_be_infinite(const pg_rows *rows);

/* PG_EFINITE names the position and the value of the first number that is not
   finite among rows first .. first + n - 1, which are dense; buffer as above.
   PG_OK where there is none. */
pg_status pg_rows_check(const pg_rows *rows, void *buffer, size_t first,
                        size_t n, pg_error *err);

/* Checks all rows like pg_rows_check; PG_ENOMEM, PG_EINTERRUPT. */
pg_status pg_rows_check_all(const pg_rows *rows, pg_error *err);

#endif
