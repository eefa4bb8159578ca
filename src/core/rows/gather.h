/*
 * gather.h -- compressed rows in any order, put together as a block.
 */
#ifndef PG_GATHER_H
#define PG_GATHER_H

#include "rows/sparse.h"

/* Returns the tiles of columns (pg_sparse_column_tiles of them) of the `count`
   rows at these positions, which count from 1. The tiles are made in memory: at
   least pg_gather_bytes(sparse, count) bytes, aligned to a cache line. */
const pg_tile *pg_gather(void *memory, const pg_sparse *sparse,
                         const int64_t *positions, size_t count);
size_t pg_gather_bytes(const pg_sparse *sparse, size_t rows);

#endif
