#define _DEFAULT_SOURCE /* madvise */

#include "base/pool.h"

#include <stdlib.h>
#include <sys/mman.h>

/* Memory that is kept would hide from a sanitizer what is used after it was
   freed, is not initialised, or is handed from thread to thread. gcc tells by
   macros, clang by __has_feature. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ALIGNMENT is a cache line, and a whole register of the widest kernels. Blocks
   have 2^LEAST_POWER bytes or more, and up to MOST are kept; HUGE is a page of
   those that the system may use for large memory. */
enum {
    ALIGNMENT = 64,
    LEAST_POWER = 7,
    MOST = 32 * 1024 * 1024,
    HUGE = 2 * 1024 * 1024,
    MOST_KEPT = SANITIZED ? 0 : 64 * 1024 * 1024,
};

/* The list for so many bytes; *size is what its blocks have: a power of two,
   and a whole number of its quarters more. */
static size_t choose_list(size_t *size, size_t bytes)
{
    *size = (size_t)1 << LEAST_POWER;
    if (bytes <= *size)
        return 0;
    unsigned power = 63 - (unsigned)__builtin_clzll(bytes - 1);
    size_t quarter = (size_t)1 << (power - 2);
    size_t quarters = pg_size_divide_up(bytes, quarter) - 4; /* 1 to 4 */
    *size = (4 + quarters) * quarter;
    return (power - LEAST_POWER) * 4 + quarters;
}

static void *new_block(size_t size)
{
    void *block;
    bool huge = size >= 2 * HUGE;
    if (posix_memalign(&block, huge ? HUGE : ALIGNMENT, size) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (huge)
        madvise(block, size, MADV_HUGEPAGE); /* if it cannot, so be it */
#endif
    return block;
}

/* A free block begins with the next one's address. */
static void *take_kept(pg_pool *pool, size_t list, size_t size)
{
    pthread_mutex_lock(&pool->lock);
    void **block = pool->free[list];
    if (block) {
        pool->free[list] = *block;
        pool->kept -= size;
    }
    pthread_mutex_unlock(&pool->lock);
    return block;
}

static bool keep(pg_pool *pool, size_t list, void **block, size_t size)
{
    pthread_mutex_lock(&pool->lock);
    bool room = pool->kept + size <= MOST_KEPT;
    if (room) {
        *block = pool->free[list];
        pool->free[list] = block;
        pool->kept += size;
    }
    pthread_mutex_unlock(&pool->lock);
    return room;
}

void *pg_pool_take(pg_pool *pool, size_t bytes)
{
    size_t size;
    if (bytes > MOST)
        return new_block(bytes);
    size_t list = choose_list(&size, bytes);
    void *block = take_kept(pool, list, size);
    return block ? block : new_block(size);
}

void pg_pool_give(pg_pool *pool, void *memory, size_t bytes)
{
    size_t size;
    if (bytes > MOST) {
        free(memory);
        return;
    }
    size_t list = choose_list(&size, bytes);
    if (!keep(pool, list, memory, size))
        free(memory);
}

void pg_pool_lock(pg_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
}

void pg_pool_unlock(pg_pool *pool)
{
    pthread_mutex_unlock(&pool->lock);
}
