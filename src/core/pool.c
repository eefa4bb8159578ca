#define _DEFAULT_SOURCE /* madvise */

#include "pool.h"

#include <stdlib.h>
#include <sys/mman.h>

/* ALIGNMENT is a cache line, and a whole register of the widest kernels. From
   LEAST bytes on there are blocks, up to MOST of them kept; HUGE is a page of
   those that the system may use for large memory. Kept memory would hide from
   a sanitizer what is used after it was freed. */
enum {
    ALIGNMENT = 64,
    LEAST = 1024,
    MOST = 32 * 1024 * 1024,
    HUGE = 2 * 1024 * 1024,
#ifdef __SANITIZE_ADDRESS__
    MOST_KEPT = 0,
#else
    MOST_KEPT = 64 * 1024 * 1024,
#endif
};

/* --- small pieces: malloc's, which is fastest unaligned ----------------------
 */

static void *take_small(size_t bytes)
{
    char *start = malloc(bytes + ALIGNMENT + sizeof(void *));
    if (!start)
        return NULL;
    uintptr_t at = (uintptr_t)(start + sizeof(void *) + ALIGNMENT - 1);
    void **memory = (void **)(at / ALIGNMENT * ALIGNMENT);
    memory[-1] = start;
    return memory;
}

static void give_small(void *memory)
{
    free(((void **)memory)[-1]);
}

/* --- blocks
 * ------------------------------------------------------------------- */

/* The list for so many bytes; *size is what its blocks have: LEAST, and a
   quarter of the last power of two more each. */
static int choose_list(size_t *size, size_t bytes)
{
    size_t power = LEAST;
    int list = 0;
    for (; power * 2 < bytes; power *= 2)
        list += 4;
    size_t quarters =
        bytes > power ? pg_size_divide_up(bytes - power, power / 4) : 0;
    *size = power + quarters * (power / 4);
    return list + (int)quarters;
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
static void *take_kept(pg_pool *pool, int list, size_t size)
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

static bool keep(pg_pool *pool, int list, void **block, size_t size)
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
    if (bytes < LEAST)
        return take_small(bytes);
    if (bytes > MOST)
        return new_block(bytes);
    int list = choose_list(&size, bytes);
    void *block = take_kept(pool, list, size);
    return block ? block : new_block(size);
}

void pg_pool_give(pg_pool *pool, void *memory, size_t bytes)
{
    size_t size;
    if (bytes < LEAST)
        give_small(memory);
    else if (bytes > MOST)
        free(memory);
    else {
        int list = choose_list(&size, bytes);
        if (!keep(pool, list, memory, size))
            free(memory);
    }
}
