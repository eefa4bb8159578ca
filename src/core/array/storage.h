/*
 * storage.h -- reference-counted memory, shared by the views of its elements.
 */
#ifndef PG_STORAGE_H
#define PG_STORAGE_H

#include "base/status.h"

typedef struct pg_storage pg_storage;

/* New memory of `bytes` with one reference; NULL if there is none. */
pg_storage *pg_storage_new(size_t bytes);
void *pg_storage_data(pg_storage *s);

/* The version counts the calls of pg_storage_mark_written, which accepts NULL.
   Code that writes to an array that others may have read calls it. */
uint64_t pg_storage_version(const pg_storage *s);
void pg_storage_mark_written(pg_storage *s);

/* Keeps a value that was computed from the elements. Calls release(cached) when
   the next value, or NULL, replaces it, or when the storage is freed. */
void pg_storage_cache(pg_storage *s, void *cached, void (*release)(void *));
void *pg_storage_cached(const pg_storage *s); /* NULL: nothing */

/* Add and remove a reference; removing the last one frees. They accept NULL. */
pg_storage *pg_storage_retain(pg_storage *s);
void pg_storage_release(pg_storage *s);

#endif
