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

/* The number of writes since the elements were new, as counted by
   pg_storage_mark_written: code that writes to an array that others can have
   read calls it (NULL is allowed there). */
uint64_t pg_storage_version(const pg_storage *s);
void pg_storage_mark_written(pg_storage *s);

/* Caches something computed from the elements until the next call, or until the
   storage is freed; then calls release. */
void pg_storage_cache(pg_storage *s, void *cached, void (*release)(void *));
void *pg_storage_cached(const pg_storage *s); /* NULL: nothing */

/* Adds and removes a reference; removing the last one frees. NULL is allowed.
 */
pg_storage *pg_storage_retain(pg_storage *s);
void pg_storage_release(pg_storage *s);

#endif
