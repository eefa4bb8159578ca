/*
 * memory.h -- memory for arrays and workspaces: allocation, limit, counters.
 *
 * The counters, the limit and the hook belong to the process. Any thread may
 * call these functions.
 */
#ifndef PG_MEMORY_H
#define PG_MEMORY_H

#include "base/status.h"

/* Memory aligned to a cache line (64 bytes), not initialised; NULL if there is
   too little. It counts in pg_live_bytes until pg_free, which takes the same
   size, or NULL. */
void *pg_malloc(size_t bytes);
void pg_free(void *memory, size_t bytes);

/* Bytes from pg_malloc that are not freed. */
size_t pg_live_bytes(void);

/* True if `bytes` can be allocated: the system has them beyond its reserve, or
   cannot tell. pg_malloc asks once for each PG_MEMORY_STEP bytes; code that
   allocates by other means asks itself. */
enum { PG_MEMORY_STEP = 64 * 1024 * 1024 };
bool pg_memory_has(size_t bytes);

/* Bytes that can be allocated, less the reserve; SIZE_MAX if the system cannot
   tell. */
size_t pg_memory_left(void);

/* Limits this process to `more` bytes beyond those it occupies now, whatever
   the system has; SIZE_MAX removes the limit. */
void pg_memory_limit(size_t more);

/* PG_ENOMEM: "not enough memory for N bytes", with the bytes that are available
   if they are fewer. */
pg_status pg_fail_memory(pg_error *err, size_t bytes);

/* A hook that every pg_malloc calls; false makes the allocation fail. Tests set
   it, while no other thread allocates; NULL removes it. */
typedef bool (*pg_memory_hook)(size_t bytes, void *context);
void pg_memory_set_hook(pg_memory_hook hook, void *context);

#endif
