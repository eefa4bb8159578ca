/*
 * rows.h -- the rows of x, block by block, as a training step reads them.
 *
 * x stays as it is in memory, in whatever dtype and view (pixels stay bytes);
 * a block is converted when it is needed, or used in place where x already is
 * what the network computes with.
 */
#ifndef PG_ROWS_H
#define PG_ROWS_H

#include "array/array.h"
#include "ops/linalg.h"

typedef struct pg_rows {
    pg_array x;   /* (n, inputs), a view */
    double scale; /* each number of x is multiplied by it */
    pg_dtype dtype;
    bool in_place;
} pg_rows;

/* A view of x (n, inputs) times scale as dtype, float32 or float64. */
void pg_rows_view(pg_rows *rows, const pg_array *x, double scale,
                  pg_dtype dtype);
void pg_rows_release(pg_rows *rows);

/* Rows first .. first + count - 1 (from 0), in place or in buffer (count,
   inputs). */
pg_matrix pg_rows_block(const pg_rows *rows, void *buffer, size_t first,
                        size_t count);

/* The same for rows in any order, whose positions count from 1: always in
   buffer. */
pg_matrix pg_rows_gather(const pg_rows *rows, void *buffer,
                         const int64_t *positions, size_t count);

/* Whether all of such a block is finite. */
bool pg_rows_finite(const pg_rows *rows, pg_matrix block, size_t count);

/* True where there can be a number that is not finite: among integers only with
   a very large scale. */
bool pg_rows_may_be_infinite(const pg_rows *rows);

/* PG_EFINITE naming the position of the first number that is not finite among
   rows first .. first + count - 1, and its value; buffer as above. PG_OK if
   there is none. */
pg_status pg_rows_check(const pg_rows *rows, void *buffer, size_t first,
                        size_t count, pg_error *err);

/* The same for all rows; PG_ENOMEM. */
pg_status pg_rows_check_all(const pg_rows *rows, pg_error *err);

#endif
