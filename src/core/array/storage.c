/* Reference counts, versions and cached values of storage. */

#include "array/storage.h"

#include <stdatomic.h>

#include "base/memory.h"

/* The header of one allocation: it fills a cache line, the elements follow. */
struct pg_storage {
    _Alignas(64) atomic_size_t references;
    size_t bytes;
    uint64_t version;
    void *cached;
    void (*release)(void *cached);
};

pg_storage *pg_storage_new(size_t bytes)
{
    size_t total;
    if (__builtin_add_overflow(bytes, sizeof(pg_storage), &total))
        return NULL;
    pg_storage *s = pg_malloc(total);
    if (!s)
        return NULL;
    atomic_init(&s->references, 1);
    s->bytes = bytes;
    s->version = 0;
    s->cached = NULL;
    return s;
}

void *pg_storage_data(pg_storage *s)
{
    return s + 1;
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
    pg_assert(!cached || release);
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
    pg_assert(before > 0);
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
    pg_free(s, sizeof *s + s->bytes);
}
