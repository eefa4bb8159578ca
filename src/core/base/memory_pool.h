/*
 * memory_pool.h -- freed blocks of memory, kept for the next allocation.
 *
 * Taking a kept block is faster than malloc, and its pages need not be cleared
 * by the system again. Blocks of up to 32 MB are kept, 64 MB in all.
 */
#ifndef PG_MEMORY_POOL_H
#define PG_MEMORY_POOL_H

#include <stddef.h>

/* Memory aligned to 64 bytes, or NULL. Give it back with the same size. */
void *pg_pool_take(size_t bytes);
void pg_pool_give(void *memory, size_t bytes);

#endif
