/*
 * zip_writer.h -- what the files of the ZIP writer share: zip_write.c writes
 * members and the directory, zip_keep.c copies members of another archive.
 */
#ifndef PG_ZIP_WRITER_H
#define PG_ZIP_WRITER_H

#include "io/zip.h"
#include "io/zip_reader.h"

/* Extra fields. The one of padding has its alignment [2] and zeros. */
enum {
    PG_ZIP64_EXTRA = 1,
    PG_ZIP_PADDING_EXTRA = 0xa11e,
    PG_ZIP_PADDING_LEAST = 6,
    PG_ZIP_ALIGNMENT = 64, /* of stored data in the file: they may be mapped */
    PG_ZIP_PADDING_MOST = PG_ZIP_ALIGNMENT + PG_ZIP_PADDING_LEAST,
};

/* The offset in the archive of what is written next. */
static inline uint64_t pg_zip_writer_offset(const pg_zip_writer *w)
{
    return w->output.bytes - w->prefix;
}

/* Makes room for as many more bytes of the directory. */
pg_status pg_zip_writer_reserve(pg_zip_writer *w, size_t more, pg_error *err);

/* The length of the padding by which data that would begin at an offset of the
   file are aligned, or 0. */
size_t pg_zip_padding(uint64_t at);

/* Writes a field of padding of n bytes. */
void pg_zip_put_padding(unsigned char *p, size_t n);

#endif
