/* Free lists of blocks by size, behind one lock. Where they are full, blocks of
   the sizes that were wanted last replace those that were wanted before. */

#define _DEFAULT_SOURCE /* madvise */

#include "base/memory_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/status.h"

/* Keeps nothing under a sanitizer, and makes blocks of the exact size: a kept
   block would hide reads of freed or uninitialised memory, and hand data from
   thread to thread, and a larger one reads behind the end. gcc tells by macros,
   clang by __has_feature. */
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

enum {
    ALIGNMENT = 64, /* a cache line, and the widest register of a kernel */
    MIN_POWER = 7,  /* the smallest block has 2^7 bytes */
    MAX_BLOCK = 32 * 1024 * 1024,
    HUGE_PAGE = 2 * 1024 * 1024,
    MAX_KEPT = SANITIZED ? 0 : 64 * 1024 * 1024,
    LISTS = 73, /* four sizes to each doubling, up to MAX_BLOCK */
};

/* Free blocks of one size. Each begins with the address of the next. */
typedef struct block_list {
    void *first;
    size_t size;
    uint64_t wanted; /* the number of the last request */
} block_list;

static block_list lists[LISTS];
static size_t kept;       /* bytes in all lists */
static uint64_t requests; /* of blocks so far */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Returns the list for `bytes`; *size = the size of its blocks: a power of two,
   or 1 1/4, 1 1/2 or 1 3/4 of one. */
static size_t choose_list(size_t *size, size_t bytes)
{
    *size = (size_t)1 << MIN_POWER;
    if (bytes <= *size)
        return 0;
    unsigned power = 63 - (unsigned)__builtin_clzll(bytes - 1);
    size_t quarter = (size_t)1 << (power - 2);
    size_t quarters = pg_size_divide_up(bytes, quarter) - 4; /* 1 to 4 */
    *size = (4 + quarters) * quarter;
    size_t list = (power - MIN_POWER) * 4 + quarters;
    pg_assert(list < LISTS && *size >= bytes);
    return list;
}

/* Allocates a block; a large one lies in huge pages. */
static void *new_block(size_t size)
{
    void *block;
    bool huge = size >= 2 * HUGE_PAGE;
    if (posix_memalign(&block, huge ? HUGE_PAGE : ALIGNMENT, size) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (huge)
        madvise(block, size, MADV_HUGEPAGE); /* a hint; it may fail */
#endif
    return block;
}

/* Takes the first block of a list, which is not empty. */
static void *pop(block_list *list)
{
    void **block = list->first;
    list->first = *block;
    kept -= list->size;
    return block;
}

void *pg_pool_take(size_t bytes)
{
    size_t size;
    if (bytes > MAX_BLOCK)
        return new_block(bytes);
    block_list *list = &lists[choose_list(&size, bytes)];
    pthread_mutex_lock(&lock);
    void *block = list->first ? pop(list) : NULL;
    list->wanted = ++requests;
    list->size = size;
    pthread_mutex_unlock(&lock);
    return block ? block : new_block(SANITIZED ? bytes : size);
}

/* Takes blocks out of the lists that were wanted before `list`, the oldest
   first, until there is room for one of its own. Returns them, and *has_room.
 */
static void *make_room(bool *has_room, const block_list *list)
{
    void *removed = NULL;
    while (kept + list->size > MAX_KEPT) {
        block_list *oldest = NULL;
        for (size_t i = 0; i < LISTS; i++)
            if (lists[i].first && lists[i].wanted < list->wanted &&
                (!oldest || lists[i].wanted < oldest->wanted))
                oldest = &lists[i];
        if (!oldest)
            break;
        while (oldest->first && kept + list->size > MAX_KEPT) {
            void **block = pop(oldest);
            *block = removed;
            removed = block;
        }
    }
    *has_room = kept + list->size <= MAX_KEPT;
    return removed;
}

void pg_pool_give(void *memory, size_t bytes)
{
    size_t size;
    void **block = memory, *removed = NULL;
    bool has_room = false;
    pg_assert((uintptr_t)memory % ALIGNMENT == 0);
    if (bytes <= MAX_BLOCK) {
        block_list *list = &lists[choose_list(&size, bytes)];
        pthread_mutex_lock(&lock);
        removed = make_room(&has_room, list);
        if (has_room) {
            *block = list->first;
            list->first = block;
            kept += size;
        }
        pthread_mutex_unlock(&lock);
    }
    if (!has_room)
        free(memory);
    while (removed) {
        void *next = *(void **)removed;
        free(removed);
        removed = next;
    }
}

/* Holds the lock across a fork: the child has the forking thread alone, so a
   lock that another thread held would stay locked in it. */
static void hold_lock(void)
{
    pthread_mutex_lock(&lock);
}

static void release_lock(void)
{
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(hold_lock, release_lock, release_lock);
}
