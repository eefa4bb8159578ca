/* The writer of ZIP archives: members, and the directory behind them. */

#include "io/zip.h"

#include <string.h>

#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/memory.h"

enum {
    LOCAL_HEADER = 30,
    DIRECTORY_ENTRY = 46,
    STORED = 0,
    DEFLATED = 8,
    UTF8_NAME = 1 << 11, /* a flag */
    VERSION = 45,        /* 4.5: ZIP64 */
    EXTRA_LOCAL = 20,    /* a ZIP64 field with two sizes */
    EXTRA_ENTRY = 28,    /* a ZIP64 field with two sizes and the offset */
    MIDNIGHT = 0,
    FIRST_OF_1980 = 0x21, /* ZIP's first day: the same input, the same bytes */
};

/* Stands for a size or offset that is in the ZIP64 field, as all are here. */
static const uint64_t IN_EXTRA = 0xffffffff;

pg_status pg_zip_writer_open(pg_zip_writer *w, const char *path, pg_error *err)
{
    memset(w, 0, sizeof *w);
    return pg_output_open(&w->output, path, err);
}

/* --- the directory, in memory until the end ------------------------------- */

/* Makes room for as many more bytes of the directory. */
static pg_status reserve(pg_zip_writer *w, size_t more, pg_error *err)
{
    size_t needed = w->directory_bytes + more;
    if (needed <= w->directory_room)
        return PG_OK;
    size_t room = pg_size_max(needed, 2 * w->directory_room);
    unsigned char *directory = pg_malloc(room);
    if (!directory)
        return pg_fail_memory(err, room);
    if (w->directory_bytes > 0)
        memcpy(directory, w->directory, w->directory_bytes);
    pg_free(w->directory, w->directory_room);
    w->directory = directory;
    w->directory_room = room;
    return PG_OK;
}

/* Writes the fields from version to sizes, which a local header and an entry
   share. */
static unsigned char *put_common(unsigned char *p, unsigned method,
                                 uint32_t crc)
{
    p = pg_bytes_put(p, VERSION, 2);
    p = pg_bytes_put(p, UTF8_NAME, 2);
    p = pg_bytes_put(p, method, 2);
    p = pg_bytes_put(p, MIDNIGHT, 2);
    p = pg_bytes_put(p, FIRST_OF_1980, 2);
    p = pg_bytes_put(p, crc, 4);
    p = pg_bytes_put(p, IN_EXTRA, 4);
    return pg_bytes_put(p, IN_EXTRA, 4);
}

/* Writes the entry, and zeros for CRC-32 and sizes. */
static void put_entry(unsigned char *p, const char *name, size_t n,
                      unsigned method, uint64_t header)
{
    enum { UNIX = 3, MODE = 0644 };
    memcpy(p, "PK\1\2", 4);
    p = pg_bytes_put(p + 4, UNIX << 8 | VERSION, 2);
    p = put_common(p, method, 0);
    p = pg_bytes_put(p, n, 2);
    p = pg_bytes_put(p, EXTRA_ENTRY, 2);
    p = pg_bytes_put(p, 0, 2 + 2 + 2); /* comment, disk, internal */
    p = pg_bytes_put(p, (uint64_t)MODE << 16, 4);
    p = pg_bytes_put(p, IN_EXTRA, 4);
    memcpy(p, name, n);
    p = pg_bytes_put(p + n, 1, 2);
    p = pg_bytes_put(p, EXTRA_ENTRY - 4, 2);
    p = pg_bytes_put(p, 0, 8 + 8); /* sizes, filled in at the end */
    pg_bytes_put(p, header, 8);
}

/* --- a member ------------------------------------------------------------- */

static pg_status write_local_header(pg_zip_writer *w, const char *name,
                                    size_t n, unsigned method, pg_error *err)
{
    unsigned char header[LOCAL_HEADER], extra[EXTRA_LOCAL] = {1, 0, 16, 0};
    memcpy(header, "PK\3\4", 4);
    unsigned char *p = put_common(header + 4, method, 0);
    p = pg_bytes_put(p, n, 2);
    pg_bytes_put(p, EXTRA_LOCAL, 2);
    pg_status status = pg_output_write(&w->output, header, LOCAL_HEADER, err);
    if (status == PG_OK)
        status = pg_output_write(&w->output, name, n, err);
    if (status == PG_OK)
        status = pg_output_write(&w->output, extra, EXTRA_LOCAL, err);
    return status;
}

pg_status pg_zip_writer_begin(pg_zip_writer *w, const char *name, uint64_t size,
                              bool compress, pg_error *err)
{
    size_t n = strlen(name);
    unsigned method = compress ? DEFLATED : STORED;
    pg_assert(!w->deflating);
    if (n > 0xffff)
        return pg_fail(err, PG_EARG,
                       "a member's name of %zu bytes: at most "
                       "65535 are possible",
                       n);
    pg_status status = reserve(w, DIRECTORY_ENTRY + n + EXTRA_ENTRY, err);
    if (status != PG_OK)
        return status;
    w->entry = w->directory_bytes;
    put_entry(w->directory + w->entry, name, n, method, w->output.bytes);
    status = write_local_header(w, name, n, method, err);
    w->data_start = w->output.bytes;
    w->size = size;
    w->written = 0;
    w->crc = 0;
    if (status != PG_OK || !compress)
        return status;
    memset(&w->deflater, 0, sizeof w->deflater);
    if (deflateInit2(&w->deflater, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                     -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return pg_fail_memory(err, sizeof w->deflater);
    w->deflating = true;
    return PG_OK;
}

/* Deflates the input, and writes the result to the file; with Z_FINISH, all of
   it. */
static pg_status drain(pg_zip_writer *w, int flush, pg_error *err)
{
    unsigned char buffer[1 << 14];
    do {
        w->deflater.next_out = buffer;
        w->deflater.avail_out = sizeof buffer;
        deflate(&w->deflater, flush);
        pg_status status = pg_output_write(
            &w->output, buffer, sizeof buffer - w->deflater.avail_out, err);
        if (status != PG_OK)
            return status;
    } while (w->deflater.avail_out == 0);
    return PG_OK;
}

enum { CHUNK = 1 << 18 }; /* bytes between polls for interrupts */

pg_status pg_zip_writer_write(pg_zip_writer *w, const void *data, size_t n,
                              pg_error *err)
{
    const unsigned char *at = data;
    pg_status status = PG_OK;
    w->written += n;
    for (size_t chunk; n > 0 && status == PG_OK; at += chunk, n -= chunk) {
        chunk = pg_size_min(n, CHUNK);
        w->crc = (uint32_t)crc32(w->crc, at, (uInt)chunk);
        w->deflater.next_in =
            (unsigned char *)at; /* zlib does not write there */
        w->deflater.avail_in = (uInt)chunk;
        status = w->deflating ? drain(w, Z_NO_FLUSH, err)
                              : pg_output_write(&w->output, at, chunk, err);
        status = pg_unless_interrupted(status, err);
    }
    return status;
}

static void close_deflater(pg_zip_writer *w)
{
    if (w->deflating)
        deflateEnd(&w->deflater);
    w->deflating = false;
}

/* Fills in CRC-32 and sizes, which are known now, in the entry and in the local
   header. */
pg_status pg_zip_writer_end(pg_zip_writer *w, pg_error *err)
{
    pg_status status = PG_OK;
    if (w->written != w->size)
        return pg_fail(
            err, PG_EARG, "a member of %llu bytes was announced, %llu written",
            (unsigned long long)w->size, (unsigned long long)w->written);
    if (w->deflating)
        status = drain(w, Z_FINISH, err);
    close_deflater(w);
    unsigned char crc[4], sizes[16], *entry = w->directory + w->entry;
    size_t name = pg_bytes_get(entry + 28, 2);
    size_t header = w->data_start - EXTRA_LOCAL - name - LOCAL_HEADER;
    pg_bytes_put(crc, w->crc, 4);
    pg_bytes_put(pg_bytes_put(sizes, w->size, 8),
                 w->output.bytes - w->data_start, 8);
    memcpy(entry + 16, crc, 4);
    memcpy(entry + DIRECTORY_ENTRY + name + 4, sizes, 16);
    w->directory_bytes += DIRECTORY_ENTRY + name + EXTRA_ENTRY;
    w->count++;
    if (status == PG_OK)
        status = pg_output_patch(&w->output, header + 14, crc, sizeof crc, err);
    if (status == PG_OK)
        status = pg_output_patch(&w->output, w->data_start - sizeof sizes,
                                 sizes, sizeof sizes, err);
    return status;
}

/* --- the end -------------------------------------------------------------- */

/* Writes the ZIP64 record, its locator, and the end record. */
static pg_status write_end(pg_zip_writer *w, uint64_t directory_at,
                           pg_error *err)
{
    unsigned char end[56 + 20 + 22] = {0}, *p = end;
    uint64_t record_at = w->output.bytes;
    memcpy(p, "PK\6\6", 4);
    p = pg_bytes_put(p + 4, 56 - 12, 8);
    p = pg_bytes_put(p, VERSION, 2);
    p = pg_bytes_put(p, VERSION, 2);
    p = pg_bytes_put(p, 0, 4 + 4); /* disks */
    p = pg_bytes_put(p, w->count, 8);
    p = pg_bytes_put(p, w->count, 8);
    p = pg_bytes_put(p, w->directory_bytes, 8);
    p = pg_bytes_put(p, directory_at, 8);
    memcpy(p, "PK\6\7", 4);
    p = pg_bytes_put(p + 4, 0, 4);
    p = pg_bytes_put(p, record_at, 8);
    p = pg_bytes_put(p, 1, 4);
    memcpy(p, "PK\5\6", 4);
    p = pg_bytes_put(p + 4, 0, 4);
    p = pg_bytes_put(p, 0xffff, 2);
    p = pg_bytes_put(p, 0xffff, 2);
    p = pg_bytes_put(p, IN_EXTRA, 4);
    pg_bytes_put(p, IN_EXTRA, 4);
    return pg_output_write(&w->output, end, sizeof end, err);
}

pg_status pg_zip_writer_commit(pg_zip_writer *w, pg_error *err)
{
    uint64_t directory_at = w->output.bytes;
    pg_status status =
        pg_output_write(&w->output, w->directory, w->directory_bytes, err);
    if (status == PG_OK)
        status = write_end(w, directory_at, err);
    if (status == PG_OK)
        status = pg_output_commit(&w->output, err);
    pg_zip_writer_discard(w);
    return status;
}

void pg_zip_writer_discard(pg_zip_writer *w)
{
    close_deflater(w);
    pg_output_discard(&w->output);
    pg_free(w->directory, w->directory_room);
    memset(w, 0, sizeof *w);
}
