/*
 * output.h -- files that are written whole or not at all.
 *
 * Bytes go into a temporary file, which takes the target's place in one step
 * when all of them are on the disk. Until then, and after any failure, whatever
 * stood there stands untouched. Where the system can, the file has no name
 * until it is whole: of a process that is killed nothing is left. Elsewhere,
 * and for the moment between the two steps that name it, a temporary name is
 * left, which the next save of the same target removes.
 */
#ifndef PG_OUTPUT_H
#define PG_OUTPUT_H

#include <limits.h>
#include <stdio.h>

#include "base/status.h"

typedef struct pg_output {
    FILE *file;
    char *target;                 /* a path */
    int folder;                   /* that of the target */
    char temporary[NAME_MAX + 1]; /* a name in it; "": the file has none */
    size_t bytes;                 /* written so far, */
    size_t started;               /* and so far on their way to the disk */
} pg_output;

/* Begins a file at path. Where that is a symbolic link, what it leads to is
   replaced, or made. A file that is replaced hands down its mode, and its owner
   and group where the system lets us, but not the bits setuid, setgid and
   sticky; its other hard links keep what it was. One that may not be written,
   or is no regular file, is refused. PG_EIO names the path and the system's
   reason. */
pg_status pg_output_open(pg_output *out, const char *path, pg_error *err);

/* Appends. */
pg_status pg_output_write(pg_output *out, const void *data, size_t n,
                          pg_error *err);

/* Writes over n bytes, at `at` from the beginning, that were written before. */
pg_status pg_output_patch(pg_output *out, size_t at, const void *data, size_t n,
                          pg_error *err);

/* Puts the file in its place. On failure, too, nothing is left to be done. */
pg_status pg_output_commit(pg_output *out, pg_error *err);

/* The three in one: a file of n bytes. */
pg_status pg_output_save(const char *path, const void *data, size_t n,
                         pg_error *err);

/* Gives up what has been begun, if anything was: allowed at any time. */
void pg_output_discard(pg_output *out);

#endif
