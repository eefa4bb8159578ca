/*
 * input.h -- files that are read: regular ones, whose length is known; whether
 * there is a file.
 */
#ifndef PG_INPUT_H
#define PG_INPUT_H

#include <stdio.h>

#include "base/status.h"

/* Opens the file at path for reading and tells its length. What is no regular
   file (a folder, a pipe, a terminal) is PG_EIO: an archive is read from its
   end, and a pipe that nobody writes to would be waited for without end. */
pg_status pg_input_open(FILE **file, uint64_t *length, const char *path,
                        pg_error *err);

/* Exactly n bytes from where the file stands: PG_EFORMAT where it ends before,
   PG_EIO where the system fails. */
pg_status pg_input_read(FILE *file, const char *path, void *out, size_t n,
                        pg_error *err);

/* Exactly n bytes from `at` on, without a buffer: where the file stands is left
   alone. */
pg_status pg_input_read_at(FILE *file, const char *path, void *out, uint64_t at,
                           size_t n, pg_error *err);

/* *exists: there is something at path, or behind the link that is there. PG_EIO
   where the system cannot tell: a folder on the way that may not be searched.
 */
pg_status pg_input_exists(bool *exists, const char *path, pg_error *err);

#endif
