/*
 * name_list.h -- the names in a folder.
 */
#ifndef PG_NAME_LIST_H
#define PG_NAME_LIST_H

#include "base/status.h"

/* Names, sorted by their bytes. */
typedef struct pg_name_list {
    const char **names;
    size_t count;
    size_t names_room; /* pointers */
    char *bytes;       /* of all names */
    size_t used, room;
} pg_name_list;

/* Lists the folder at path, without names that begin with a dot. PG_EIO if it
   cannot be listed. */
pg_status pg_name_list_read(pg_name_list *list, const char *path,
                            pg_error *err);

/* Frees the memory; allowed on a zeroed struct. */
void pg_name_list_free(pg_name_list *list);

#endif
