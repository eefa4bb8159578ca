/*
 * zip.h -- ZIP archives, as far as NPZ needs them, on zlib.
 *
 * The format (PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.4); numbers are
 * little-endian, [n] is n bytes:
 *
 *   archive    members, central directory, [ZIP64 record, ZIP64 locator],
 *              end record
 *   member     local header, data
 *   local      "PK\3\4", version [2], flags [2], method [2], time [2],
 *   header     date [2], CRC-32 [4], packed size [4], size [4], name length
 *              [2], extra length [2], name, extra fields
 *   directory  an entry for each member: "PK\1\2", version made by [2], version
 *              .. extra length as above, comment length [2], disk [2],
 *              attributes [2 + 4], offset of the local header [4], name, extra
 *              fields, comment
 *   ZIP64      "PK\6\6", its size [8], versions [2 + 2], disks [4 + 4],
 *   record     members here [8], members [8], directory's size [8] and offset
 *              [8]
 *   locator    "PK\6\7", disk [4], the ZIP64 record's offset [8], disks [4]
 *   end        "PK\5\6", disks [2 + 2], members here [2], members [2],
 *   record     directory's size [4] and offset [4], comment length [2], comment
 *
 * Method 0 stores the data, 8 deflates them. Flag 0 says that they are
 * encrypted, flag 3 that CRC-32 and sizes follow the data, flag 11 that the
 * name is UTF-8; else it is in code page 437. An extra field is an id [2], its
 * length [2] and that many bytes. Numbers of all ones stand in the extra field
 * 1 (ZIP64): size [8], packed size [8], offset [8], disk [4]; the end record's
 * stand in the ZIP64 record.
 *
 * The reader reads what Python's zipfile reads, stored or deflated: bytes
 * before the archive, which its offsets exclude, up to 64 kB behind its end
 * record, and any numbers of CRC-32 and size in local headers. It trusts no
 * file: it checks each offset, length and count against the file's length and
 * the others before it uses them. Members may not overlap, local headers must
 * agree in names and methods, and a size that deflate cannot have made is
 * refused before memory is allocated. A damaged directory is an error; it never
 * hides a member. Encrypted members, other methods, names that come twice and
 * archives over several disks are refused.
 *
 * The writer makes the same bytes from the same input: ZIP64 fields only where
 * a number needs them, flag 11 only for names that are not ASCII, and the first
 * day of ZIP's calendar as each member's date. An extra field of zeros (0xa11e)
 * aligns data that are stored to 64 bytes of the file.
 */
#ifndef PG_ZIP_H
#define PG_ZIP_H

#include <stdio.h>
#include <zlib.h>

#include "io/deflate.h"

/* --- reading -------------------------------------------------------------- */

enum { PG_ZIP_STORED = 0, PG_ZIP_DEFLATED = 8 }; /* methods */

typedef struct pg_zip_member {
    const char *name; /* in UTF-8, not terminated */
    size_t name_length;
    unsigned flags, method;
    uint32_t crc;
    uint64_t packed, size; /* bytes in the file, and unpacked */
    uint64_t header;       /* offset of the local header */
    uint64_t limit;        /* offset of the next member, or the directory */
    uint64_t disk;         /* 0, or all ones where nothing says it */
    const unsigned char *entry; /* of the directory, as the file has it */
    size_t entry_bytes;
} pg_zip_member;

typedef struct pg_zip {
    FILE *file;
    uint64_t length;
    char *path;
    size_t path_bytes;
    unsigned char *directory; /* holds the names in UTF-8 */
    size_t directory_bytes;
    uint64_t directory_at; /* its offset */
    uint64_t prefix; /* bytes before the archive; the offsets in the directory's
                        bytes exclude them, those of members do not */
    uint64_t comment_at; /* the archive's comment */
    size_t comment_bytes;
    char *names; /* those that were decoded */
    size_t names_bytes;
    pg_zip_member **by_name; /* sorted */
    pg_zip_member *members;  /* in the directory's order */
    size_t count;
    bool names_are_checked; /* by pg_zip_check_names */
} pg_zip;

/* Opens the archive at path, and reads its directory alone. PG_EIO, or
   PG_EFORMAT for a file that is no ZIP archive, or one over several disks, or
   whose directory is damaged, has a name twice, or has members that overlap. */
pg_status pg_zip_open(pg_zip *zip, const char *path, pg_error *err);
void pg_zip_close(pg_zip *zip);

/* *i = the index of the member called name, n bytes long, with the suffix, a
   zero-terminated text, behind it; false if there is none. */
bool pg_zip_find(size_t *i, const pg_zip *zip, const char *name, size_t n,
                 const char *suffix);

/* *data = the offset of the member's data, behind its local header. PG_EFORMAT
   if that has another name or method, or the data do not fit. Its CRC-32 and
   sizes don't count. */
pg_status pg_zip_find_data(uint64_t *data, const pg_zip *zip,
                           const pg_zip_member *member, pg_error *err);

/* PG_EFORMAT if the local header has another CRC-32 or size than the directory,
   too: to be called where these are used without reading all of the data. */
pg_status pg_zip_check_sizes(const pg_zip *zip, const pg_zip_member *member,
                             pg_error *err);

/* PG_EFORMAT if a local header has another name than the directory: a damaged
   name in the directory would hide the member. Reads the local headers once;
   needed before a name is said to be missing, or all names are listed. */
pg_status pg_zip_check_names(pg_zip *zip, pg_error *err);

/* PG_EFORMAT, which says why, for a member that no stream reads. */
pg_status pg_zip_check_readable(const pg_zip *zip, const pg_zip_member *member,
                                pg_error *err);

/* PG_EFORMAT: "FILE: member 'NAME': WHAT". */
pg_status pg_zip_fail_member(const pg_zip *zip, const pg_zip_member *member,
                             pg_error *err, const char *what);

enum { PG_ZIP_BUFFER = 1 << 16 };

/* One member that is read. Several threads may each read a stream of one
   archive. */
typedef struct pg_zip_stream {
    const pg_zip *zip;
    const pg_zip_member *member;
    z_stream inflater;
    uint64_t data;              /* offset of the member's data */
    bool inflating;             /* the inflater is in use */
    bool ended;                 /* it has seen the end of its data */
    bool is_checked;            /* all bytes are read, for the CRC-32 */
    bool sums_crc;              /* false: the CRC-32 is computed elsewhere */
    uint64_t packed_left, left; /* bytes that are not read yet */
    uint32_t crc;
    unsigned char buffer[PG_ZIP_BUFFER];
} pg_zip_stream;

/* Opens a stream; pg_zip_stream_close closes it, also after a failure. Messages
   name the file and the member. */
pg_status pg_zip_stream_open(pg_zip_stream *s, const pg_zip *zip,
                             const pg_zip_member *member, pg_error *err);

/* Reads exactly n bytes; PG_EFORMAT if the member has fewer. */
pg_status pg_zip_stream_read(pg_zip_stream *s, void *out, size_t n,
                             pg_error *err);

/* Leaves out the next n bytes. If is_checked is false, bytes that are stored
   are not read. */
pg_status pg_zip_stream_skip(pg_zip_stream *s, uint64_t n, pg_error *err);

/* Reads what is left of the member, and checks that its data end there, and the
   CRC-32. is_checked must be true, as it is at first. */
pg_status pg_zip_stream_finish(pg_zip_stream *s, pg_error *err);

/* Checks that all bytes of the member were read, and that its data end there.
 */
pg_status pg_zip_stream_end(pg_zip_stream *s, pg_error *err);
void pg_zip_stream_close(pg_zip_stream *s);

/* PG_EFORMAT unless this is the member's CRC-32. */
pg_status pg_zip_check_crc(const pg_zip *zip, const pg_zip_member *member,
                           uint32_t crc, pg_error *err);

/* --- writing -------------------------------------------------------------- */

typedef struct pg_zip_writer {
    pg_output output;
    unsigned char *directory; /* as it will be written */
    size_t directory_bytes, directory_room, count;
    uint64_t prefix; /* bytes before the archive: offsets exclude them */
    unsigned char *comment;
    size_t comment_bytes;
    /* The open member: */
    size_t name_length;
    unsigned flags, method;
    bool is_wide;     /* its local header has a ZIP64 field */
    uint64_t header;  /* offset of the local header */
    uint64_t data;    /* offset of the data */
    uint64_t size;    /* bytes that were announced */
    uint64_t written; /* bytes so far */
    uint32_t crc;
    bool is_deflated; /* the deflater is in use */
    pg_deflater deflater;
} pg_zip_writer;

pg_status pg_zip_writer_open(pg_zip_writer *w, const char *path, pg_error *err);

/* Begins a member of `size` bytes, which are then written and ended. */
pg_status pg_zip_writer_begin(pg_zip_writer *w, const char *name, uint64_t size,
                              bool compress, pg_error *err);
pg_status pg_zip_writer_write(pg_zip_writer *w, const void *data, size_t n,
                              pg_error *err);
pg_status pg_zip_writer_end(pg_zip_writer *w, pg_error *err);

/* Copies members of an open archive without decompressing them: the i-th one
   where keep[i] is true. Headers, data, entries, the archive's comment and what
   is before the first member stay as they are, but for the offsets and the
   padding of stored data. Comes before the first member. */
pg_status pg_zip_writer_keep(pg_zip_writer *w, const pg_zip *zip,
                             const bool *keep, pg_error *err);

/* Writes the directory, and puts the archive in place: whole or not at all. */
pg_status pg_zip_writer_commit(pg_zip_writer *w, pg_error *err);

/* Removes what was written; allowed at any time. */
void pg_zip_writer_discard(pg_zip_writer *w);

#endif
