/* Members of ZIP archives as streams: their bytes, stored or inflated, and
   their CRC-32. */

#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "io/crc32.h"
#include "io/input.h"
#include "io/zip.h"

static pg_status fail_stream(const pg_zip_stream *s, pg_error *err,
                             const char *what)
{
    return pg_zip_fail_member(s->zip, s->member, err, what);
}

/* Reads the next n of the member's bytes in the file. */
static pg_status read_packed(pg_zip_stream *s, void *out, size_t n,
                             pg_error *err)
{
    uint64_t at = s->data + s->member->packed - s->packed_left;
    pg_status status =
        pg_input_read_at(s->zip->file, s->zip->path, out, at, n, err);
    s->packed_left -= n;
    if (status == PG_EFORMAT)
        return fail_stream(s, err, "the file ends within it");
    return status;
}

pg_status pg_zip_stream_open(pg_zip_stream *s, const pg_zip *zip,
                             const pg_zip_member *member, pg_error *err)
{
    s->zip = zip;
    s->member = member;
    s->inflating = s->ended = false;
    s->is_checked = s->sums_crc = true;
    s->packed_left = member->packed;
    s->left = member->size;
    s->crc = 0;
    memset(&s->inflater, 0, sizeof s->inflater);
    pg_status status = pg_zip_check_readable(zip, member, err);
    if (status == PG_OK)
        status = pg_zip_find_data(&s->data, zip, member, err);
    if (status != PG_OK || member->method == PG_ZIP_STORED)
        return status;
    if (inflateInit2(&s->inflater, -MAX_WBITS) != Z_OK) /* raw deflate */
        return pg_fail_memory(err, sizeof s->inflater);
    s->inflating = true;
    return PG_OK;
}

/* Inflates at most n bytes; *got is their number, 0 at the end of the data. */
static pg_status inflate_some(pg_zip_stream *s, void *out, size_t n,
                              size_t *got, pg_error *err)
{
    uInt room = (uInt)pg_size_min(n, 1U << 30);
    s->inflater.next_out = out;
    s->inflater.avail_out = room;
    int result = Z_OK;
    while (result == Z_OK && s->inflater.avail_out > 0) {
        if (s->inflater.avail_in == 0) {
            size_t packed = pg_size_min(s->packed_left, sizeof s->buffer);
            s->inflater.next_in = s->buffer;
            s->inflater.avail_in = (uInt)packed;
            pg_status status = read_packed(s, s->buffer, packed, err);
            if (status != PG_OK)
                return status;
        }
        result = inflate(&s->inflater, Z_NO_FLUSH);
    }
    *got = room - s->inflater.avail_out;
    s->ended = result == Z_STREAM_END;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
        return PG_OK;
    if (result == Z_MEM_ERROR)
        return pg_fail_memory(err, (size_t)1 << MAX_WBITS); /* its window */
    return fail_stream(s, err, "its compressed data are damaged");
}

static pg_status read_deflated(pg_zip_stream *s, char *out, size_t n,
                               pg_error *err)
{
    while (n > 0) {
        size_t got;
        pg_status status = inflate_some(s, out, n, &got, err);
        if (status != PG_OK)
            return status;
        if (got == 0)
            return fail_stream(s, err, "its compressed data end too early");
        out += got;
        n -= got;
    }
    return PG_OK;
}

/* Bytes between polls for interrupts; they are still in cache when the CRC-32
   is computed. */
enum { CHUNK = 1 << 18 };

pg_status pg_zip_stream_read(pg_zip_stream *s, void *out, size_t n,
                             pg_error *err)
{
    char *at = out;
    pg_status status = PG_OK;
    if (n > s->left)
        return fail_stream(s, err, "it ends too early");
    for (size_t chunk; n > 0; at += chunk, n -= chunk) {
        chunk = pg_size_min(n, CHUNK);
        status = s->inflating ? read_deflated(s, at, chunk, err)
                              : read_packed(s, at, chunk, err);
        status = pg_unless_interrupted(status, err);
        if (status != PG_OK)
            break;
        s->left -= chunk;
        if (s->sums_crc)
            s->crc = pg_crc32(s->crc, at, chunk);
    }
    return status;
}

pg_status pg_zip_stream_skip(pg_zip_stream *s, uint64_t n, pg_error *err)
{
    pg_status status = PG_OK;
    if (n > s->left)
        return fail_stream(s, err, "it ends too early");
    if (!s->inflating && !s->is_checked) {
        s->left -= n;
        s->packed_left -= n;
        return PG_OK;
    }
    size_t room = pg_size_min(n, PG_ZIP_BUFFER);
    void *unused = pg_malloc(room);
    if (!unused)
        return pg_fail_memory(err, room);
    for (size_t piece; n > 0 && status == PG_OK; n -= piece) {
        piece = pg_size_min(n, room);
        status = pg_zip_stream_read(s, unused, piece, err);
    }
    pg_free(unused, room);
    return status;
}

pg_status pg_zip_stream_end(pg_zip_stream *s, pg_error *err)
{
    unsigned char surplus;
    size_t got = 0;
    if (s->left > 0)
        return fail_stream(s, err, "it has more bytes than were read");
    if (s->inflating) {
        pg_status status = inflate_some(s, &surplus, 1, &got, err);
        if (status != PG_OK)
            return status;
        if (got == 0 && !s->ended)
            return fail_stream(s, err, "its compressed data end too early");
    }
    if (got > 0 || s->packed_left > 0 || s->inflater.avail_in > 0)
        return fail_stream(s, err, "it holds more data than its size says");
    return PG_OK;
}

pg_status pg_zip_check_crc(const pg_zip *zip, const pg_zip_member *m,
                           uint32_t crc, pg_error *err)
{
    if (crc == m->crc)
        return PG_OK;
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: member '%.*s': CRC-32 %08x expected, %08x found",
                   zip->path, (int)pg_size_min(m->name_length, 300), m->name,
                   (unsigned)m->crc, (unsigned)crc);
}

pg_status pg_zip_stream_finish(pg_zip_stream *s, pg_error *err)
{
    pg_assert(s->is_checked && s->sums_crc);
    pg_status status = pg_zip_stream_skip(s, s->left, err);
    if (status == PG_OK)
        status = pg_zip_stream_end(s, err);
    if (status == PG_OK)
        status = pg_zip_check_crc(s->zip, s->member, s->crc, err);
    return status;
}

void pg_zip_stream_close(pg_zip_stream *s)
{
    if (s->inflating)
        inflateEnd(&s->inflater);
    s->inflating = false;
}
