/*
 * output.h -- files that are written whole or not at all.
 *
 * Bytes go into a temporary file, which is renamed when all of them are on the
 * disk. Before that, and after any failure, the file that was there is
 * untouched. If the system can, the file has no name until it is whole, so that
 * a process that is killed leaves nothing. On other systems, and for the moment
 * between naming and renaming, it may leave a temporary name, which the next
 * save of the same file removes.
 */
#ifndef PG_OUTPUT_H
#define PG_OUTPUT_H

#include <limits.h>

#include "base/status.h"

typedef struct pg_output {
    char *path; /* of the file, symbolic links followed; NULL: not open */
    int folder; /* the folder of path */
    int file;   /* the temporary file */
    char temporary[NAME_MAX + 1]; /* a name in it; "": the file has none */
    uint64_t bytes;               /* written so far */
    uint64_t started;             /* bytes that the system writes already */
    unsigned char *buffer;        /* the last bytes, not in the file yet */
    size_t buffered;
} pg_output;

/* Opens a file that will be at path, or at the end of that symbolic link. It
   inherits the mode of the file that it replaces, and owner and group if the
   system allows that, but not the bits setuid, setgid and sticky; other hard
   links keep the old file. PG_EIO, which names the path and the system's
   reason, also for a file that may not be replaced or is not regular. */
pg_status pg_output_open(pg_output *out, const char *path, pg_error *err);

/* Appends n bytes. */
pg_status pg_output_write(pg_output *out, const void *data, size_t n,
                          pg_error *err);

/* Overwrites n bytes at offset `at`, all of which were written before. */
pg_status pg_output_patch(pg_output *out, uint64_t at, const void *data,
                          size_t n, pg_error *err);

/* Puts the file in place, and closes the output, also after a failure. */
pg_status pg_output_commit(pg_output *out, pg_error *err);

/* Opens, writes and commits a file of n bytes. */
pg_status pg_output_save(const char *path, const void *data, size_t n,
                         pg_error *err);

/* Closes and removes a file that is not committed; allowed at any time. */
void pg_output_discard(pg_output *out);

#endif
