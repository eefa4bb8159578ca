/*
 * rows.h -- the rows of x, block by block, as a training step reads them.
 *
 * x keeps its dtype and view (pixels stay bytes). A block is used in place if x
 * already has the dtype and order that the network computes with, else it is
 * converted when it is needed. Compressed rows (sparse.h) come as tiles.
 */
#ifndef PG_ROWS_H
#define PG_ROWS_H

#include "array/array.h"
#include "ops/linalg.h"
#include "rows/sparse.h"

typedef struct pg_rows {
    pg_array x;        /* (n, inputs), a view */
    double scale;      /* each number of x is multiplied by it */
    pg_dtype dtype;    /* of the network: float32 or float64 */
    bool in_place;     /* x needs no conversion */
    pg_sparse *sparse; /* NULL: pg_rows_compress was not called; has the density
                          alone where x was too dense */
    void *table;       /* (PG_CODES) the codes' values; NULL: not compressed */
} pg_rows;

/* Rows, as the first layer multiplies them: a matrix (n, inputs), or the tiles
   of the compressed rows. */
typedef struct pg_row_block {
    pg_matrix x;
    size_t column_tiles; /* 0: x is the rows, and nothing below is set */
    const pg_tile *columns;
    const pg_tile *rows; /* NULL: the gradient uses the tiles of columns */
    const void *table;   /* (PG_CODES) the codes' values */
} pg_row_block;

/* *rows = a view of x (n, inputs) times scale as dtype, float32 or float64. */
void pg_rows_view(pg_rows *rows, const pg_array *x, double scale,
                  pg_dtype dtype);
void pg_rows_release(pg_rows *rows); /* zeroed rows are allowed */

/* Compresses x, so that its rows come as tiles, unless more than the part
   `most`, 0..1, of its numbers is not zero. PG_ENOMEM leaves the rows as they
   were. */
pg_status pg_rows_compress(pg_rows *rows, double most, pg_error *err);

/* True if rows come as tiles. */
static inline bool pg_rows_are_compressed(const pg_rows *rows)
{
    return rows->table != NULL;
}

/* True if x was written to since it was compressed; pg_rows_compress reads it
   again. */
bool pg_rows_are_old(const pg_rows *rows);

/* Bytes of the buffer for a block or a batch of n rows. */
size_t pg_rows_buffer_bytes(const pg_rows *rows, size_t n);

/* Rows first .. first + n - 1 (from 0), in place or in the buffer. If they are
   compressed, first is a multiple of PG_SPARSE_ROWS, and n at most that. */
pg_row_block pg_rows_block(const pg_rows *rows, void *buffer, size_t first,
                           size_t n);

/* Has the system read the rows at these positions, which count from 1, if they
   are mapped from a file: all at once, where pg_rows_batch would wait for one
   after the other. */
void pg_rows_prefetch(const pg_rows *rows, const int64_t *positions, size_t n);

/* The n rows at these positions, which count from 1, in the buffer. */
pg_row_block pg_rows_batch(const pg_rows *rows, void *buffer,
                           const int64_t *positions, size_t n);

/* True if each number of a dense block of n rows is finite. */
bool pg_rows_finite(const pg_rows *rows, const pg_row_block *block, size_t n);

/* True if a number may not be finite: among integers, only with a very large
   scale. */
bool pg_rows_may_be_infinite(const pg_rows *rows);

/* PG_EFINITE, with position and value of the first number that is not finite,
   unless all of rows first .. first + n - 1 are finite. Reads x itself, also
   where it is compressed; the buffer is that of n dense rows. */
pg_status pg_rows_check(const pg_rows *rows, void *buffer, size_t first,
                        size_t n, pg_error *err);

/* pg_rows_check on all rows; also PG_ENOMEM or PG_EINTERRUPT. */
pg_status pg_rows_check_all(const pg_rows *rows, pg_error *err);

#endif
