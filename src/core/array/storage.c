/* Reference counts, versions and cached values of storage; storage that is
   mapped from a file. */

#define _DEFAULT_SOURCE /* MAP_NORESERVE */

#include "array/storage.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/memory.h"

/* The header of one allocation: it fills a cache line, the elements follow. */
struct pg_storage {
    atomic_size_t references;
    size_t bytes; /* that follow, or of the mapping */
    uint64_t version;
    void *cached;
    void (*release)(void *cached);
    void *mapping; /* NULL: the elements follow */
    bool is_placed;
    char padding[PG_STORAGE_HEADER - 49];
};

_Static_assert(sizeof(pg_storage) == PG_STORAGE_HEADER,
               "the elements of a storage are aligned as it is");

static PG_THREAD_LOCAL struct {
    void *memory; /* NULL: none */
    size_t bytes;
} offer;

void pg_storage_offer(void *memory, size_t bytes)
{
    offer.memory = memory;
    offer.bytes = bytes;
}

pg_storage *pg_storage_new(size_t bytes)
{
    size_t total;
    if (offer.memory && bytes <= offer.bytes) {
        pg_storage *placed = pg_storage_place(offer.memory, bytes);
        offer.memory = NULL;
        return placed;
    }
    if (__builtin_add_overflow(bytes, sizeof(pg_storage), &total))
        return NULL;
    pg_storage *s = pg_malloc(total);
    if (!s)
        return NULL;
    atomic_init(&s->references, 1);
    s->bytes = bytes;
    s->version = 0;
    s->cached = NULL;
    s->mapping = NULL;
    s->is_placed = false;
    return s;
}

pg_storage *pg_storage_place(void *memory, size_t bytes)
{
    pg_storage *s = memory;
    pg_assert((uintptr_t)memory % 8 == 0);
    atomic_init(&s->references, 0);
    s->bytes = bytes;
    s->version = 0;
    s->cached = NULL;
    s->mapping = NULL;
    s->is_placed = true;
    return s;
}

/* Pages that are written to are copies of the process's own. Linux would refuse
   a private mapping that is larger than memory, but for MAP_NORESERVE. */
pg_storage *pg_storage_map(void **data, int file, uint64_t at, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), before = at % page;
    pg_storage *s = pg_malloc(sizeof *s);
    errno = ENOMEM;
    if (!s)
        return NULL;
    *s = (pg_storage){.bytes = before + bytes};
    atomic_init(&s->references, 1);
    s->mapping = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_NORESERVE, file, (off_t)(at - before));
    if (s->mapping == MAP_FAILED) {
        pg_free(s, sizeof *s);
        return NULL;
    }
    *data = (char *)s->mapping + before;
    return s;
}

bool pg_storage_is_mapped(const pg_storage *s)
{
    return s && s->mapping;
}

void pg_storage_prefetch(const pg_storage *s, const void *data, size_t bytes)
{
    pg_assert(pg_storage_is_mapped(s));
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t before = (uintptr_t)data % page;
    posix_madvise((char *)data - before, before + bytes,
                  POSIX_MADV_WILLNEED); /* a hint; it may fail */
}

bool pg_storage_is_placed(const pg_storage *s)
{
    return s->is_placed;
}

void *pg_storage_data(pg_storage *s)
{
    return s + 1;
}

bool pg_storage_is_sole(const pg_storage *s)
{
    return atomic_load(&s->references) == 1;
}

uint64_t pg_storage_version(const pg_storage *s)
{
    return s->version;
}

void pg_storage_mark_written(pg_storage *s)
{
    if (s)
        s->version++;
}

void pg_storage_cache(pg_storage *s, void *cached, void (*release)(void *))
{
    pg_assert(!cached || (release && !s->is_placed));
    if (s->cached)
        s->release(s->cached);
    s->cached = cached;
    s->release = release;
}

void *pg_storage_cached(const pg_storage *s)
{
    return s->cached;
}

pg_storage *pg_storage_retain(pg_storage *s)
{
    size_t before = s ? atomic_fetch_add(&s->references, 1) : 1;
    pg_assert(before > 0); /* none is added to a placed one */
    (void)before;
    return s;
}

void pg_storage_release(pg_storage *s)
{
    size_t before = s ? atomic_fetch_sub(&s->references, 1) : 0;
    pg_assert(!s || before > 0);
    if (before != 1)
        return;
    pg_storage_cache(s, NULL, NULL);
    if (s->mapping)
        munmap(s->mapping, s->bytes);
    pg_free(s, sizeof *s + (s->mapping ? 0 : s->bytes));
}
