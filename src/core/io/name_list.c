/* The names in a folder, by readdir. */

#include "io/name_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"

void pg_name_list_free(pg_name_list *list)
{
    pg_free(list->bytes, list->room);
    pg_free(list->names, list->names_room * sizeof *list->names);
    memset(list, 0, sizeof *list);
}

/* Adds a name, with the zero behind it. */
static pg_status add(pg_name_list *list, const char *name, pg_error *err)
{
    size_t n = strlen(name) + 1;
    if (n > list->room - list->used) {
        size_t room = 2 * list->room + 4096;
        char *bytes = pg_malloc(room);
        if (!bytes)
            return pg_fail_memory(err, room);
        if (list->used > 0)
            memcpy(bytes, list->bytes, list->used);
        pg_free(list->bytes, list->room);
        list->bytes = bytes;
        list->room = room;
    }
    memcpy(list->bytes + list->used, name, n);
    list->used += n;
    list->count++;
    return PG_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sets the addresses of the names, and sorts them. */
static pg_status sort_names(pg_name_list *list, pg_error *err)
{
    list->names_room = list->count;
    size_t bytes = list->count * sizeof *list->names;
    list->names = pg_malloc(bytes);
    if (!list->names) {
        list->names_room = 0;
        return pg_fail_memory(err, bytes);
    }
    const char *at = list->bytes;
    for (size_t i = 0; i < list->count; i++) {
        list->names[i] = at;
        at += strlen(at) + 1;
    }
    qsort(list->names, list->count, sizeof *list->names, by_bytes);
    return pg_check_interrupt(err);
}

pg_status pg_name_list_read(pg_name_list *list, const char *path, pg_error *err)
{
    memset(list, 0, sizeof *list);
    DIR *folder = opendir(path);
    if (!folder)
        return pg_fail_system(err, path);
    pg_status status = PG_OK;
    while (status == PG_OK) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry && errno != 0)
            status = pg_fail_system(err, path);
        if (!entry)
            break;
        if (*entry->d_name != '.')
            status = add(list, entry->d_name, err);
        if (status == PG_OK && list->count % 1024 == 0)
            status = pg_check_interrupt(err);
    }
    closedir(folder);
    if (status == PG_OK)
        status = sort_names(list, err);
    if (status != PG_OK)
        pg_name_list_free(list);
    return status;
}
