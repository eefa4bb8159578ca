/*
 * storage.h -- counted memory, shared by the views of its elements.
 */
#ifndef PG_STORAGE_H
#define PG_STORAGE_H

#include "base/status.h"

typedef struct pg_storage pg_storage;

/* New memory of `bytes`, held once; NULL when there is none. */
pg_storage *pg_storage_new(size_t bytes);
void *pg_storage_data(pg_storage *s);

/* How often the elements have been written to since they were new, as those who
   write to an array that others may have seen say (NULL is allowed there). */
uint64_t pg_storage_version(const pg_storage *s);
void pg_storage_written(pg_storage *s);

/* Something that was worked out from the elements, kept with them until there
   is something else, or no holder any more; then release is called. */
void pg_storage_keep(pg_storage *s, void *kept, void (*release)(void *));
void *pg_storage_kept(const pg_storage *s); /* NULL: nothing */

/* One holder more, one fewer; the last one's release frees. NULL is allowed. */
pg_storage *pg_storage_retain(pg_storage *s);
void pg_storage_release(pg_storage *s);

#endif
