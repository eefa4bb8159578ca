/*
 * file_kind.h -- names of the kinds of files that are mistaken for arrays.
 */
#ifndef PG_FILE_KIND_H
#define PG_FILE_KIND_H

#include <stddef.h>

enum { PG_FILE_KIND_BYTES = 512 }; /* from a file's beginning, that tell most */

/* The kind of a file that begins with these n bytes, and has no more if they
   are none, with its article: "a Python pickle". NULL where it is not known. */
const char *pg_file_kind(const unsigned char *first, size_t n);

#endif
