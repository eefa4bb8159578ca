/*
 * zip.h -- the part of the ZIP container that an NPZ archive needs, on zlib.
 *
 * The format (PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.4), numbers
 * little-endian, is members, a central directory, an end record:
 *
 * - A member is a local header ("PK\3\4", flags, method, CRC-32, sizes, name,
 *   extra fields) and its data, stored (method 0) or deflated (method 8).
 *
 * - The central directory has for each member "PK\1\2", the same fields, and
 *   where its local header is.
 *
 * - The end record is "PK\5\6", how many members, where the directory is, and a
 *   comment. Before it, where a number is more than 32 bits, stand the ZIP64
 *   record "PK\6\6" and its locator "PK\6\7".
 *
 * Files are from strangers. No offset, length or count is believed before it is
 * checked against the file's length and against the others: members may not
 * overlap, the local header must agree with the directory, and a size that
 * deflate cannot have made is refused before memory is asked for it. Encrypted
 * members, other methods and archives over several disks are refused.
 */
#ifndef PG_ZIP_H
#define PG_ZIP_H

#include <stdio.h>
#include <zlib.h>

#include "io/output.h"

/* --- reading -------------------------------------------------------------- */

typedef struct pg_zip_member {
    const char *name; /* not terminated */
    size_t name_length;
    unsigned flags, method;
    uint32_t crc;
    uint64_t packed, size; /* bytes in the file, and unpacked */
    uint64_t header;       /* where the local header is */
    uint64_t data;         /* where its data begin, behind that */
    uint64_t limit;        /* where the next member, or the directory, is */
    const char *fault;     /* why it cannot be read, or NULL */
} pg_zip_member;

typedef struct pg_zip {
    FILE *file;
    uint64_t length;
    char *path;
    size_t path_bytes;
    unsigned char *directory; /* the names are in it */
    size_t directory_bytes;
    pg_zip_member *members; /* in the directory's order */
    size_t count;
} pg_zip;

/* Opens the archive at path, reads its directory, and compares it with the
   local headers. PG_EIO, or PG_EFORMAT for what is no such archive, or where a
   member's two names differ: the message names the file. */
pg_status pg_zip_open(pg_zip *zip, const char *path, pg_error *err);
void pg_zip_close(pg_zip *zip);

/* PG_EFORMAT for a member whose local header contradicts the directory. */
pg_status pg_zip_check(const pg_zip *zip, const pg_zip_member *member,
                       pg_error *err);

enum { PG_ZIP_BUFFER = 1 << 16 };

/* One member on its way out of the archive; of an archive only one at a time.
 */
typedef struct pg_zip_stream {
    pg_zip *zip;
    const pg_zip_member *member;
    z_stream inflater;
    bool inflating, ended;      /* whether it is used, and saw its data's end */
    uint64_t packed_left, left; /* bytes still to come, packed and unpacked */
    uint32_t crc;
    unsigned char buffer[PG_ZIP_BUFFER];
} pg_zip_stream;

/* Begins; pg_zip_stream_close ends, after a failure too. Messages name the file
   and the member. */
pg_status pg_zip_stream_open(pg_zip_stream *s, pg_zip *zip,
                             const pg_zip_member *member, pg_error *err);
/* Exactly n bytes; PG_EFORMAT if the member has not as many. */
pg_status pg_zip_stream_read(pg_zip_stream *s, void *out, size_t n,
                             pg_error *err);
/* Whether all was read, nothing is left over, and the CRC-32 is right. */
pg_status pg_zip_stream_finish(pg_zip_stream *s, pg_error *err);
void pg_zip_stream_close(pg_zip_stream *s);

/* --- writing -------------------------------------------------------------- */

typedef struct pg_zip_writer {
    pg_output output;
    unsigned char *directory; /* as it will be written */
    size_t directory_bytes, directory_room, count;
    size_t entry;      /* where the open member's record begins */
    uint64_t size;     /* of the open member: announced, */
    uint64_t written;  /* and so far */
    size_t data_start; /* where the open member's data begins in the file */
    uint32_t crc;
    bool deflating;
    z_stream deflater;
} pg_zip_writer;

pg_status pg_zip_writer_open(pg_zip_writer *w, const char *path, pg_error *err);
/* A member of `size` bytes, which are then written and ended. */
pg_status pg_zip_writer_begin(pg_zip_writer *w, const char *name, uint64_t size,
                              bool compress, pg_error *err);
pg_status pg_zip_writer_write(pg_zip_writer *w, const void *data, size_t n,
                              pg_error *err);
pg_status pg_zip_writer_end(pg_zip_writer *w, pg_error *err);
/* Puts the archive in its place: whole, or not at all. */
pg_status pg_zip_writer_commit(pg_zip_writer *w, pg_error *err);
/* Gives up what has been begun: allowed at any time. */
void pg_zip_writer_discard(pg_zip_writer *w);

#endif
