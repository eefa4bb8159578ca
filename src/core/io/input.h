/*
 * input.h -- reading of regular files, whose length is known.
 */
#ifndef PG_INPUT_H
#define PG_INPUT_H

#include <stdio.h>
#include <sys/types.h>

#include "base/status.h"

/* Opens the file at path for reading; *length is its length. PG_EIO for other
   than regular files (a folder, a pipe, a terminal): an archive is read from
   its end, and the writer of a pipe may never come. */
pg_status pg_input_open(FILE **file, uint64_t *length, const char *path,
                        pg_error *err);

/* PG_EIO unless the mode is that of a regular file. */
pg_status pg_input_check_regular(mode_t mode, const char *path, pg_error *err);

/* Reads exactly n bytes from the file's position: PG_EFORMAT if it ends before,
   PG_EIO if the system fails. */
pg_status pg_input_read(FILE *file, const char *path, void *out, size_t n,
                        pg_error *err);

/* Reads exactly n bytes at offset `at`, unbuffered, and keeps the file's
   position. */
pg_status pg_input_read_at(FILE *file, const char *path, void *out, uint64_t at,
                           size_t n, pg_error *err);

/* *exists = there is a file or folder at path, with links followed. PG_EIO if
   the system cannot tell, as in a folder that may not be searched. */
pg_status pg_input_exists(bool *exists, const char *path, pg_error *err);

#endif
