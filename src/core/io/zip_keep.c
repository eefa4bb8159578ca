/* The members that an archive keeps when it is appended to. */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "io/input.h"
#include "io/zip_writer.h"

static const uint64_t WIDE = 0xffffffff;

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static pg_status copy_bytes(pg_zip_writer *w, const pg_zip *zip, uint64_t at,
                            uint64_t n, pg_error *err)
{
    enum { BUFFER = 1 << 18 };
    size_t room = (size_t)least(n, BUFFER);
    unsigned char *buffer = pg_malloc(room);
    if (!buffer)
        return pg_fail_memory(err, room);
    pg_status status = PG_OK;
    for (size_t part; n > 0 && status == PG_OK; at += part, n -= part) {
        part = (size_t)least(n, room);
        status = pg_input_read_at(zip->file, zip->path, buffer, at, part, err);
        if (status == PG_OK)
            status = pg_output_write(&w->output, buffer, part, err);
    }
    pg_free(buffer, room);
    return status;
}

/* The first extra field of that id among n bytes of them; NULL if there is
   none. */
static unsigned char *find_field(unsigned char *extra, size_t left, unsigned id)
{
    while (left >= 4) {
        size_t n = 4 + pg_bytes_get(extra + 2, 2);
        if (n > left)
            return NULL;
        if (pg_bytes_get(extra, 2) == id)
            return extra;
        extra += n;
        left -= n;
    }
    return NULL;
}

/* Sets the offset in an entry that was parsed: in 32 bits, or behind the sizes
   in the ZIP64 field, as the entry had it. It is not larger than before. */
static void move_entry(unsigned char *entry, uint64_t header)
{
    unsigned char *field = NULL;
    if (pg_bytes_get(entry + 42, 4) == WIDE)
        field = find_field(entry + PG_ZIP_ENTRY + pg_bytes_get(entry + 28, 2),
                           pg_bytes_get(entry + 30, 2), PG_ZIP64_EXTRA);
    if (!field) {
        pg_bytes_put(entry + 42, header, 4);
        return;
    }
    size_t before = pg_bytes_get(entry + 20, 4) == WIDE ? 8 : 0;
    before += pg_bytes_get(entry + 24, 4) == WIDE ? 8 : 0;
    pg_bytes_put(field + 4 + before, header, 8);
}

/* --- members -------------------------------------------------------------- */

/* The length of a local header with its name and extra fields. */
static size_t header_bytes(const unsigned char *header)
{
    return PG_ZIP_LOCAL_HEADER + pg_bytes_get(header + 26, 2) +
           pg_bytes_get(header + 28, 2);
}

/* Changes the padding in a local header, n bytes long, so that data behind it
   keep their alignment when the header moves by `shift` bytes; returns the new
   length. There is room for PG_ZIP_PADDING_MOST bytes more. */
static size_t change_padding(unsigned char *header, size_t n, uint64_t shift)
{
    size_t name = pg_bytes_get(header + 26, 2);
    unsigned char *extra = header + PG_ZIP_LOCAL_HEADER + name;
    unsigned char *end = header + n;
    size_t left = (size_t)(end - extra), old_bytes = 0;
    unsigned char *old = find_field(extra, left, PG_ZIP_PADDING_EXTRA);
    if (old) {
        old_bytes = 4 + pg_bytes_get(old + 2, 2);
        memmove(old, old + old_bytes, (size_t)(end - old) - old_bytes);
        left -= old_bytes;
    }
    size_t padding = pg_zip_padding(shift - old_bytes);
    if (left + padding > 0xffff)
        padding = 0;
    memmove(extra + padding, extra, left);
    pg_zip_put_padding(extra, padding);
    pg_bytes_put(header + 28, left + padding, 2);
    return PG_ZIP_LOCAL_HEADER + name + left + padding;
}

/* Copies a member whose local header has n bytes, with other padding. */
static pg_status copy_shifted(pg_zip_writer *w, const pg_zip *zip,
                              const pg_zip_member *m, size_t n, pg_error *err)
{
    size_t room = n + PG_ZIP_PADDING_MOST;
    unsigned char *header = pg_malloc(room);
    if (!header)
        return pg_fail_memory(err, room);
    pg_status status =
        pg_input_read_at(zip->file, zip->path, header, m->header, n, err);
    if (status == PG_OK && header_bytes(header) != n)
        status = pg_zip_fail(zip, err, "it was changed while it was read");
    if (status == PG_OK) {
        size_t changed = change_padding(header, n, w->output.bytes - m->header);
        status = pg_output_write(&w->output, header, changed, err);
    }
    pg_free(header, room);
    if (status != PG_OK)
        return status;
    return copy_bytes(w, zip, m->header + n, m->limit - m->header - n, err);
}

/* Copies a member up to the next one. Stored data keep their alignment, because
   they may be mapped. */
static pg_status copy_member(pg_zip_writer *w, const pg_zip *zip,
                             const pg_zip_member *m, pg_error *err)
{
    unsigned char header[PG_ZIP_LOCAL_HEADER];
    bool is_aligned = (w->output.bytes - m->header) % PG_ZIP_ALIGNMENT == 0;
    if (m->method != PG_ZIP_STORED || is_aligned)
        return copy_bytes(w, zip, m->header, m->limit - m->header, err);
    pg_status status = pg_input_read_at(zip->file, zip->path, header, m->header,
                                        sizeof header, err);
    if (status != PG_OK)
        return status;
    size_t n = header_bytes(header);
    return n <= m->limit - m->header
               ? copy_shifted(w, zip, m, n, err)
               : copy_bytes(w, zip, m->header, m->limit - m->header, err);
}

/* A member of another archive, and its offset in the new one. */
typedef struct kept_member {
    const pg_zip_member *member;
    uint64_t header;
} kept_member;

static int by_header(const void *a, const void *b)
{
    const kept_member *x = a, *y = b;
    return (x->member->header > y->member->header) -
           (x->member->header < y->member->header);
}

static int by_entry(const void *a, const void *b)
{
    const kept_member *x = a, *y = b;
    return (x->member > y->member) - (x->member < y->member);
}

/* Copies what is before the first member, and the members in the order of the
   file, so that no offset grows: what is left out is longer than the padding
   that comes in. */
static pg_status copy_members(pg_zip_writer *w, const pg_zip *zip,
                              kept_member *kept, size_t n, uint64_t first,
                              pg_error *err)
{
    pg_status status = copy_bytes(w, zip, 0, first, err);
    qsort(kept, n, sizeof *kept, by_header);
    for (size_t i = 0; i < n && status == PG_OK; i++) {
        const pg_zip_member *m = kept[i].member;
        kept[i].header = pg_zip_writer_offset(w);
        status = copy_member(w, zip, m, err);
    }
    return status;
}

/* Copies the members' entries in the order of the directory. */
static pg_status copy_entries(pg_zip_writer *w, kept_member *kept, size_t n,
                              pg_error *err)
{
    qsort(kept, n, sizeof *kept, by_entry);
    for (size_t i = 0; i < n; i++) {
        const pg_zip_member *m = kept[i].member;
        pg_status status = pg_zip_writer_reserve(w, m->entry_bytes, err);
        if (status != PG_OK)
            return status;
        unsigned char *entry = w->directory + w->directory_bytes;
        memcpy(entry, m->entry, m->entry_bytes);
        move_entry(entry, kept[i].header);
        w->directory_bytes += m->entry_bytes;
        w->count++;
    }
    return PG_OK;
}

static pg_status keep_comment(pg_zip_writer *w, const pg_zip *zip,
                              pg_error *err)
{
    w->comment_bytes = zip->comment_bytes;
    w->comment = pg_malloc(w->comment_bytes);
    if (!w->comment)
        return pg_fail_memory(err, w->comment_bytes);
    return pg_input_read_at(zip->file, zip->path, w->comment, zip->comment_at,
                            w->comment_bytes, err);
}

pg_status pg_zip_writer_keep(pg_zip_writer *w, const pg_zip *zip,
                             const bool *keep, pg_error *err)
{
    pg_assert(w->output.bytes == 0);
    size_t bytes = zip->count * sizeof(kept_member), n = 0;
    kept_member *kept = pg_malloc(bytes);
    if (!kept)
        return pg_fail_memory(err, bytes);
    uint64_t first = zip->directory_at;
    for (size_t i = 0; i < zip->count; i++) {
        first = least(first, zip->members[i].header);
        if (keep[i])
            kept[n++].member = &zip->members[i];
    }
    w->prefix = zip->prefix;
    pg_status status = copy_members(w, zip, kept, n, first, err);
    if (status == PG_OK)
        status = copy_entries(w, kept, n, err);
    if (status == PG_OK)
        status = keep_comment(w, zip, err);
    pg_free(kept, bytes);
    return status;
}
