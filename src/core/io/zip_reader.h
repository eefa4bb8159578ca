/*
 * zip_reader.h -- what the files of the ZIP reader share: zip_end.c finds the
 * directory, zip_read.c parses it, zip_local.c compares local headers with it,
 * zip_names.c decodes names.
 */
#ifndef PG_ZIP_READER_H
#define PG_ZIP_READER_H

#include "io/zip.h"

/* Lengths of the format's records without their variable parts. */
enum {
    PG_ZIP_LOCAL_HEADER = 30,
    PG_ZIP_ENTRY = 46,
    PG_ZIP_END_RECORD = 22,
};

/* Flags of a member. */
enum {
    PG_ZIP_ENCRYPTED = 1,
    PG_ZIP_DESCRIBED_LATER = 1 << 3, /* CRC-32 and sizes follow the data */
    PG_ZIP_STRONGLY_ENCRYPTED = 1 << 6,
    PG_ZIP_UTF8_NAME = 1 << 11,
};

/* PG_EFORMAT: "FILE: WHAT". */
pg_status pg_zip_fail(const pg_zip *zip, pg_error *err, const char *what);

/* The directory's place in the file, checked against the file's length. */
typedef struct pg_zip_end {
    uint64_t directory_at, directory_bytes;
    uint64_t prefix;       /* bytes before the archive: offsets exclude them */
    uint64_t count;        /* of members */
    bool count_is_partial; /* its low 16 bits alone are known */
    uint64_t comment_at, comment_bytes;
} pg_zip_end;

/* Finds the directory by the end record. PG_EFORMAT for a file that is no
   archive, or whose end record is damaged. */
pg_status pg_zip_find_directory(pg_zip_end *end, const pg_zip *zip,
                                pg_error *err);

/* Reads sizes and offset of all ones from the ZIP64 field among n bytes of
   extra fields; false for damaged fields. */
bool pg_zip_read_extra(pg_zip_member *m, const unsigned char *extra, size_t n);

/* Writes the UTF-8 of a byte of a name in code page 437, the names' encoding
   where the UTF-8 flag is not set; returns its length, 1 to 3. */
size_t pg_zip_decode_byte(char out[3], unsigned char byte);

#endif
