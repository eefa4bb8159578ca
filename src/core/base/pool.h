/*
 * pool.h -- where memory comes from: blocks that were freed before, which are
 * found faster than malloc finds any, and whose pages the system need not clear
 * again.
 */
#ifndef PG_POOL_H
#define PG_POOL_H

#include <pthread.h>

#include "base/status.h"

/* Blocks of up to 32 MB are of a few sizes, four to each doubling, each with
   a list of those that are free. */
enum { PG_POOL_SIZES = 73 };

typedef struct pg_pool {
    pthread_mutex_t lock;
    void *free[PG_POOL_SIZES];
    size_t kept; /* bytes in all lists: 64 MB at most */
} pg_pool;

#define PG_POOL_EMPTY                     \
    {                                     \
        .lock = PTHREAD_MUTEX_INITIALIZER \
    }

/* Memory aligned to 64 bytes, or NULL. It goes back with the same size. */
void *pg_pool_take(pg_pool *pool, size_t bytes);
void pg_pool_give(pg_pool *pool, void *memory, size_t bytes);

/* While it is locked, take and give wait: for a fork. */
void pg_pool_lock(pg_pool *pool);
void pg_pool_unlock(pg_pool *pool);

#endif
