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

/* A storage of `bytes` in memory of the caller, which has PG_STORAGE_HEADER
   bytes more and is aligned to 8. It has no references: the caller
   keeps the memory as long as there is a view. */
enum { PG_STORAGE_HEADER = 64 };
pg_storage *pg_storage_place(void *memory, size_t bytes);

/* Offers such memory for the next storage of at most `bytes` that this thread
   makes; NULL withdraws it. */
void pg_storage_offer(void *memory, size_t bytes);

/* A storage whose elements are `bytes` of a file from offset `at` on, which
   must be there; *data is their address. The system reads them when they are
   used, and may drop them again. What is written to them is kept in memory
   alone. If another process cuts the file, reading ends this one (SIGBUS). The
   file may be closed. NULL, with errno, if it cannot be mapped. */
pg_storage *pg_storage_map(void **data, int file, uint64_t at, size_t bytes);

/* True for a storage that was mapped; false for NULL. */
bool pg_storage_is_mapped(const pg_storage *s);

/* Has the system read these bytes of a mapped storage, which are used soon, in
   the background. */
void pg_storage_prefetch(const pg_storage *s, const void *data, size_t bytes);

/* True for a storage that was placed: it caches nothing. */
bool pg_storage_is_placed(const pg_storage *s);

/* True for a storage with one reference. */
bool pg_storage_is_sole(const pg_storage *s);

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
