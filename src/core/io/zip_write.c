/* The writer of ZIP archives: members, and the directory behind them. */

#include "io/zip_writer.h"

#include <string.h>

#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "io/crc32.h"

enum {
    VERSION = 20,       /* 2.0: deflated */
    VERSION_ZIP64 = 45, /* 4.5 */
    LOCAL_EXTRA = 20,   /* a ZIP64 field with two sizes */
    ENTRY_EXTRA = 28,   /* a ZIP64 field with two sizes and the offset */
    MIDNIGHT = 0,
    FIRST_OF_1980 = 0x21, /* ZIP's first day: the same input, the same bytes */
};

/* The least numbers that need ZIP64: fields of all ones say that it is used. */
static const uint64_t WIDE = 0xffffffff, MANY = 0xffff;

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

pg_status pg_zip_writer_open(pg_zip_writer *w, const char *path, pg_error *err)
{
    memset(w, 0, sizeof *w);
    return pg_output_open(&w->output, path, err);
}

/* --- the directory, in memory until the end ------------------------------- */

pg_status pg_zip_writer_reserve(pg_zip_writer *w, size_t more, pg_error *err)
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

/* Writes the fields from version to date, which a local header and an entry
   share. */
static unsigned char *put_common(unsigned char *p, const pg_zip_writer *w,
                                 bool is_zip64)
{
    p = pg_bytes_put(p, is_zip64 ? VERSION_ZIP64 : VERSION, 2);
    p = pg_bytes_put(p, w->flags, 2);
    p = pg_bytes_put(p, w->method, 2);
    p = pg_bytes_put(p, MIDNIGHT, 2);
    return pg_bytes_put(p, FIRST_OF_1980, 2);
}

/* Appends the number to the ZIP64 field if 32 bits cannot hold it; returns the
   number of the 32 bits. */
static uint64_t narrow(uint64_t value, unsigned char **extra)
{
    if (value < WIDE)
        return value;
    *extra = pg_bytes_put(*extra, value, 8);
    return WIDE;
}

/* Completes the entry of the member that ends: its name is in place. */
static void put_entry(pg_zip_writer *w, uint64_t packed)
{
    enum { UNIX = 3, MODE = 0100644 };
    unsigned char extra[ENTRY_EXTRA], *end = extra + 4;
    size_t n = w->name_length;
    uint64_t size32 = narrow(w->size, &end), packed32 = narrow(packed, &end);
    uint64_t header32 = narrow(w->header, &end);
    size_t extra_bytes = end > extra + 4 ? (size_t)(end - extra) : 0;
    pg_bytes_put(extra, PG_ZIP64_EXTRA, 2);
    pg_bytes_put(extra + 2, (uint64_t)(end - extra - 4), 2);
    bool is_zip64 = w->is_wide || extra_bytes > 0;

    unsigned char *p = w->directory + w->directory_bytes;
    memcpy(p, "PK\1\2", 4);
    p = pg_bytes_put(p + 4, UNIX << 8 | (is_zip64 ? VERSION_ZIP64 : VERSION),
                     2);
    p = put_common(p, w, is_zip64);
    p = pg_bytes_put(p, w->crc, 4);
    p = pg_bytes_put(p, packed32, 4);
    p = pg_bytes_put(p, size32, 4);
    p = pg_bytes_put(p, n, 2);
    p = pg_bytes_put(p, extra_bytes, 2);
    p = pg_bytes_put(p, 0, 2 + 2 + 2); /* comment, disk, internal */
    p = pg_bytes_put(p, (uint64_t)MODE << 16, 4);
    p = pg_bytes_put(p, header32, 4);
    memcpy(p + n, extra, extra_bytes);
    w->directory_bytes += PG_ZIP_ENTRY + n + extra_bytes;
    w->count++;
}

/* --- a member ------------------------------------------------------------- */

static bool is_ascii(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] > 0x7f)
            return false;
    return true;
}

/* True if the member's sizes may need ZIP64: deflate makes data that do not
   shrink longer by less than this (deflateBound in zlib.h). */
static bool may_be_wide(uint64_t size, bool compress)
{
    uint64_t longer = compress ? size / 1024 + 64 : 0;
    return size >= WIDE || longer >= WIDE - size;
}

size_t pg_zip_padding(uint64_t at)
{
    size_t n = (size_t)(0 - at) % PG_ZIP_ALIGNMENT;
    return n > 0 && n < PG_ZIP_PADDING_LEAST ? n + PG_ZIP_ALIGNMENT : n;
}

void pg_zip_put_padding(unsigned char *p, size_t n)
{
    if (n == 0)
        return;
    memset(p, 0, n);
    p = pg_bytes_put(p, PG_ZIP_PADDING_EXTRA, 2);
    p = pg_bytes_put(p, n - 4, 2);
    pg_bytes_put(p, PG_ZIP_ALIGNMENT, 2);
}

/* Writes the local header, in which CRC-32 and sizes are filled in later: the
   ZIP64 field comes last. */
static pg_status write_local_header(pg_zip_writer *w, const char *name,
                                    pg_error *err)
{
    unsigned char header[PG_ZIP_LOCAL_HEADER];
    unsigned char extra[PG_ZIP_PADDING_MOST + LOCAL_EXTRA];
    size_t wide = w->is_wide ? LOCAL_EXTRA : 0;
    uint64_t data =
        w->output.bytes + PG_ZIP_LOCAL_HEADER + w->name_length + wide;
    size_t n = w->method == PG_ZIP_STORED ? pg_zip_padding(data) : 0;
    pg_zip_put_padding(extra, n);
    if (w->is_wide) {
        unsigned char *field = pg_bytes_put(extra + n, PG_ZIP64_EXTRA, 2);
        field = pg_bytes_put(field, LOCAL_EXTRA - 4, 2);
        memset(field, 0, LOCAL_EXTRA - 4);
        n += LOCAL_EXTRA;
    }
    memcpy(header, "PK\3\4", 4);
    unsigned char *p = put_common(header + 4, w, w->is_wide);
    p = pg_bytes_put(p, 0, 4);
    p = pg_bytes_put(p, w->is_wide ? WIDE : 0, 4);
    p = pg_bytes_put(p, w->is_wide ? WIDE : 0, 4);
    p = pg_bytes_put(p, w->name_length, 2);
    pg_bytes_put(p, n, 2);
    pg_status status =
        pg_output_write(&w->output, header, PG_ZIP_LOCAL_HEADER, err);
    if (status == PG_OK)
        status = pg_output_write(&w->output, name, w->name_length, err);
    if (status == PG_OK)
        status = pg_output_write(&w->output, extra, n, err);
    return status;
}

/* Fills in CRC-32 and sizes, which are known now. */
static pg_status patch_local_header(pg_zip_writer *w, uint64_t packed,
                                    pg_error *err)
{
    uint64_t at = w->prefix + w->header + 14;
    unsigned char numbers[4 + 8 + 8];
    unsigned char *p = pg_bytes_put(numbers, w->crc, 4);
    if (!w->is_wide) {
        p = pg_bytes_put(p, packed, 4);
        pg_bytes_put(p, w->size, 4);
        return pg_output_patch(&w->output, at, numbers, 4 + 4 + 4, err);
    }
    p = pg_bytes_put(p, w->size, 8);
    pg_bytes_put(p, packed, 8);
    pg_status status = pg_output_patch(&w->output, at, numbers, 4, err);
    if (status != PG_OK)
        return status;
    return pg_output_patch(&w->output, w->data - (8 + 8), numbers + 4, 8 + 8,
                           err);
}

pg_status pg_zip_writer_begin(pg_zip_writer *w, const char *name, uint64_t size,
                              bool compress, pg_error *err)
{
    size_t n = strlen(name);
    pg_assert(!w->is_deflated);
    if (n > 0xffff)
        return pg_fail(err, PG_EARG,
                       "a member's name of %zu bytes: at most "
                       "65535 are possible",
                       n);
    pg_status status =
        pg_zip_writer_reserve(w, PG_ZIP_ENTRY + n + ENTRY_EXTRA, err);
    if (status != PG_OK)
        return status;
    memcpy(w->directory + w->directory_bytes + PG_ZIP_ENTRY, name, n);
    w->name_length = n;
    w->flags = is_ascii(name, n) ? 0 : PG_ZIP_UTF8_NAME;
    w->method = compress ? PG_ZIP_DEFLATED : PG_ZIP_STORED;
    w->is_wide = may_be_wide(size, compress);
    w->header = pg_zip_writer_offset(w);
    w->size = size;
    w->written = 0;
    w->crc = 0;
    status = write_local_header(w, name, err);
    w->data = w->output.bytes;
    if (status != PG_OK || !compress)
        return status;
    w->is_deflated = true;
    return pg_deflater_open(&w->deflater, &w->output, size, err);
}

/* Stored data, written by one job while others compute the CRC-32 of their
   pieces. */
enum { PIECE = 1 << 19, PIECES = 16 };

typedef struct stored_part {
    pg_output *output;
    const unsigned char *data;
    size_t n;
    uint32_t crcs[PIECES];
    pg_status status;
    pg_error *err;
} stored_part;

static size_t piece_bytes(const stored_part *part, size_t i)
{
    return pg_size_min(PIECE, part->n - i * PIECE);
}

static void write_or_sum(void *context, size_t job)
{
    stored_part *part = context;
    if (job == 0) {
        part->status =
            pg_output_write(part->output, part->data, part->n, part->err);
        return;
    }
    part->crcs[job - 1] =
        pg_crc32(0, part->data + (job - 1) * PIECE, piece_bytes(part, job - 1));
}

static pg_status store(pg_zip_writer *w, const unsigned char *data, size_t n,
                       pg_error *err)
{
    pg_status status = PG_OK;
    while (n > 0 && status == PG_OK) {
        stored_part part = {.output = &w->output, .data = data, .err = err};
        part.n = pg_size_min(n, (size_t)PIECES * PIECE);
        size_t pieces = pg_size_divide_up(part.n, PIECE);
        pg_parallel_for(1 + pieces, pieces > 1, write_or_sum, &part);
        status = pg_unless_interrupted(part.status, err);
        for (size_t i = 0; i < pieces && status == PG_OK; i++)
            w->crc = (uint32_t)crc32_combine(w->crc, part.crcs[i],
                                             (z_off_t)piece_bytes(&part, i));
        data += part.n;
        n -= part.n;
    }
    return status;
}

pg_status pg_zip_writer_write(pg_zip_writer *w, const void *data, size_t n,
                              pg_error *err)
{
    if (n > w->size - w->written)
        return pg_fail(err, PG_EARG,
                       "a member of %llu bytes was announced, more are written",
                       (unsigned long long)w->size);
    w->written += n;
    return w->is_deflated ? pg_deflater_write(&w->deflater, data, n, err)
                          : store(w, data, n, err);
}

static void close_deflater(pg_zip_writer *w)
{
    pg_deflater_close(&w->deflater);
    w->is_deflated = false;
}

pg_status pg_zip_writer_end(pg_zip_writer *w, pg_error *err)
{
    pg_status status = PG_OK;
    if (w->written != w->size)
        return pg_fail(
            err, PG_EARG, "a member of %llu bytes was announced, %llu written",
            (unsigned long long)w->size, (unsigned long long)w->written);
    if (w->is_deflated) {
        status = pg_deflater_end(&w->deflater, err);
        w->crc = w->deflater.crc;
    }
    close_deflater(w);
    if (status != PG_OK)
        return status;
    uint64_t packed = w->output.bytes - w->data;
    pg_assert(w->is_wide || packed < WIDE);
    put_entry(w, packed);
    return patch_local_header(w, packed, err);
}

/* --- the end -------------------------------------------------------------- */

/* Writes the ZIP64 record and its locator. */
static unsigned char *put_zip64_record(unsigned char *p, const pg_zip_writer *w,
                                       uint64_t directory_at)
{
    uint64_t record_at = pg_zip_writer_offset(w);
    memcpy(p, "PK\6\6", 4);
    p = pg_bytes_put(p + 4, 56 - 12, 8);
    p = pg_bytes_put(p, VERSION_ZIP64, 2);
    p = pg_bytes_put(p, VERSION_ZIP64, 2);
    p = pg_bytes_put(p, 0, 4 + 4); /* disks */
    p = pg_bytes_put(p, w->count, 8);
    p = pg_bytes_put(p, w->count, 8);
    p = pg_bytes_put(p, w->directory_bytes, 8);
    p = pg_bytes_put(p, directory_at, 8);
    memcpy(p, "PK\6\7", 4);
    p = pg_bytes_put(p + 4, 0, 4);
    p = pg_bytes_put(p, record_at, 8);
    return pg_bytes_put(p, 1, 4);
}

/* Writes the end record, and the ZIP64 record if a number needs it. */
static pg_status write_end(pg_zip_writer *w, uint64_t directory_at,
                           pg_error *err)
{
    unsigned char end[56 + 20 + 22] = {0}, *p = end;
    if (w->count >= MANY || w->directory_bytes >= WIDE || directory_at >= WIDE)
        p = put_zip64_record(p, w, directory_at);
    memcpy(p, "PK\5\6", 4);
    p = pg_bytes_put(p + 4, 0, 4); /* disks */
    p = pg_bytes_put(p, least(w->count, MANY), 2);
    p = pg_bytes_put(p, least(w->count, MANY), 2);
    p = pg_bytes_put(p, least(w->directory_bytes, WIDE), 4);
    p = pg_bytes_put(p, least(directory_at, WIDE), 4);
    p = pg_bytes_put(p, w->comment_bytes, 2);
    pg_status status = pg_output_write(&w->output, end, (size_t)(p - end), err);
    return status == PG_OK
               ? pg_output_write(&w->output, w->comment, w->comment_bytes, err)
               : status;
}

pg_status pg_zip_writer_commit(pg_zip_writer *w, pg_error *err)
{
    uint64_t directory_at = pg_zip_writer_offset(w);
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
    pg_free(w->comment, w->comment_bytes);
    memset(w, 0, sizeof *w);
}
