/*
 * storage.h -- counted memory, shared by the views of its elements.
 */
#ifndef PG_STORAGE_H
#define PG_STORAGE_H

#include "perigee.h"

typedef struct pg_storage pg_storage;

/* New memory of `bytes`, held once; NULL when there is none. */
pg_storage *pg_storage_new(size_t bytes);
void *pg_storage_data(pg_storage *s);

/* One holder more, one fewer; the last one's release frees. NULL is allowed. */
pg_storage *pg_storage_retain(pg_storage *s);
void pg_storage_release(pg_storage *s);

#endif
