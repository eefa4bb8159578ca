/*
 * file_kind.h -- the kind of a file, guessed from its first bytes.
 *
 * Errors about a file that is no array say what it is instead.
 */
#ifndef PG_FILE_KIND_H
#define PG_FILE_KIND_H

#include <stddef.h>

enum { PG_FILE_KIND_BYTES = 512 }; /* enough for all kinds */

/* The kind, with its article ("a Python pickle"), of a file that begins with
   these n bytes; 0 bytes are an empty file. NULL for an unknown kind. */
const char *pg_file_kind(const unsigned char *first, size_t n);

/* Writes " (pg.load reads it)", with the function that reads files of a kind,
   or nothing where there is none. */
enum { PG_READER_TEXT = 32 };
const char *pg_file_reader(char text[PG_READER_TEXT], const char *kind);

#endif
