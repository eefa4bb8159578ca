/*
 * idx.h -- one array in a file, in the IDX format of the original MNIST files.
 *
 * The format (yann.lecun.com/exdb/mnist), plain or packed by gzip:
 *
 *   magic     2 bytes of 0, a byte for the type, a byte for the rank
 *   lengths   of the axes: 4 bytes each, the most significant first
 *   elements  row-major, the most significant byte first, up to the end
 *
 * Types: 08 uint8, 09 int8, 0b int16, 0c int32, 0d float32, 0e float64.
 */
#ifndef PG_IDX_H
#define PG_IDX_H

#include "formats/npy.h"

/* *is_idx = the file, or what a gzip file has packed, begins as IDX files do.
   PG_EIO if it cannot be read, PG_EFORMAT for gzip data that are damaged
   there. */
pg_status pg_idx_test(bool *is_idx, const char *path, pg_error *err);

/* Loads an IDX file, or these rows of it, as pg_npy_load does; packed elements
   are not mapped. PG_EFORMAT for another file, a type or rank that is not
   read, and for fewer or more bytes than the shape has. */
pg_status pg_idx_load(pg_array *out, const char *path,
                      const pg_rows_range *rows, const pg_load_options *options,
                      pg_error *err);

#endif
