/*
 * gzip.h -- gzip files as streams of their data.
 *
 * The format (RFC 1952): members, each a header that begins with 1f 8b,
 * deflated data, and their CRC-32 and length. The data of a file are those of
 * all its members, as gzip(1) has them. Zeros behind the last member are
 * padding, as of tapes; other bytes are an error, and so are a member that is
 * cut, a CRC-32 and a length that do not fit the data.
 */
#ifndef PG_GZIP_H
#define PG_GZIP_H

#include <stdio.h>
#include <zlib.h>

#include "base/status.h"

/* Deflate makes at most so many bytes of one. */
enum { PG_GZIP_RATIO = 1032 };

typedef struct pg_gzip {
    FILE *file; /* the caller's */
    const char *path;
    uint64_t at, length; /* of the file: what was read, and in all */
    uint64_t member;     /* the offset of the member */
    bool is_open;        /* the inflater is */
    bool has_ended;      /* the data are at their end */
    z_stream inflater;
    unsigned char *buffer;
} pg_gzip;

/* True if a file that begins with these bytes is in gzip format. */
enum { PG_GZIP_MAGIC = 2 };
bool pg_gzip_is_magic(const unsigned char first[PG_GZIP_MAGIC]);

/* Begins to read a file of `length` bytes, which stays open and is at path, for
   messages. PG_ENOMEM. */
pg_status pg_gzip_open(pg_gzip *g, FILE *file, uint64_t length,
                       const char *path, pg_error *err);

/* Reads at most n bytes of the data; *got is their number, less than n only at
   the end, where all of the file was checked. PG_EFORMAT for a damaged file,
   PG_EIO, PG_EINTERRUPT. */
pg_status pg_gzip_read(pg_gzip *g, void *out, size_t n, size_t *got,
                       pg_error *err);

/* Frees the memory; allowed on a zeroed struct. */
void pg_gzip_close(pg_gzip *g);

#endif
