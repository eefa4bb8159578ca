#include "array/storage.h"

#include <stdatomic.h>

#include "base/memory.h"

/* One allocation: this header fills a cache line, the elements follow it. */
struct pg_storage {
    _Alignas(64) atomic_size_t holders;
    size_t bytes;
    uint64_t version;
    void *kept;
    void (*release)(void *kept);
};

pg_storage *pg_storage_new(size_t bytes)
{
    size_t total;
    if (__builtin_add_overflow(bytes, sizeof(pg_storage), &total))
        return NULL;
    pg_storage *s = pg_malloc(total);
    if (!s)
        return NULL;
    atomic_init(&s->holders, 1);
    s->bytes = bytes;
    s->version = 0;
    s->kept = NULL;
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

void pg_storage_written(pg_storage *s)
{
    if (s)
        s->version++;
}

void pg_storage_keep(pg_storage *s, void *kept, void (*release)(void *))
{
    if (s->kept)
        s->release(s->kept);
    s->kept = kept;
    s->release = release;
}

void *pg_storage_kept(const pg_storage *s)
{
    return s->kept;
}

pg_storage *pg_storage_retain(pg_storage *s)
{
    if (s)
        atomic_fetch_add(&s->holders, 1);
    return s;
}

void pg_storage_release(pg_storage *s)
{
    if (!s || atomic_fetch_sub(&s->holders, 1) != 1)
        return;
    pg_storage_keep(s, NULL, NULL);
    pg_free(s, sizeof *s + s->bytes);
}
