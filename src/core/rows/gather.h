/*
 * gather.h -- rows of what was compressed, in any order, put together as a
 * block.
 */
#ifndef PG_GATHER_H
#define PG_GATHER_H

#include "rows/sparse.h"

/* The tiles of columns (pg_sparse_column_tiles of them) of `count` rows, whose
   positions count from 1. They are made in the memory: pg_gather_bytes for as
   many rows or more, aligned to a cache line. */
const pg_tile *pg_gather(void *memory, const pg_sparse *sparse,
                         const int64_t *positions, size_t count);
size_t pg_gather_bytes(const pg_sparse *sparse, size_t rows);

#endif
