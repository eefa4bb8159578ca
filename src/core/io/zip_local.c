/* Local headers of ZIP archives: the copies of the directory's entries before
   the members' data. */

#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "io/input.h"
#include "io/zip_reader.h"

/* A local header with name and extra fields, as far as the file has them. */
typedef struct local_header {
    unsigned char bytes[PG_ZIP_LOCAL_HEADER + 2 * 0xffff];
    size_t length;
    size_t name_length, extra_length;
    unsigned flags;
} local_header;

static pg_status read_at(const pg_zip *zip, void *out, uint64_t at, size_t n,
                         pg_error *err)
{
    return pg_input_read_at(zip->file, zip->path, out, at, n, err);
}

/* Reads most headers at once, as their extra fields are short. */
static pg_status read_local_header(local_header *local, const pg_zip *zip,
                                   const pg_zip_member *m, pg_error *err)
{
    enum { USUAL_EXTRA = 64 };
    uint64_t room = m->limit - m->header;
    size_t name = pg_bytes_get(m->entry + 28, 2);
    local->length = pg_size_min(room, PG_ZIP_LOCAL_HEADER + name + USUAL_EXTRA);
    pg_status status =
        read_at(zip, local->bytes, m->header, local->length, err);
    if (status != PG_OK)
        return status;
    local->flags = (unsigned)pg_bytes_get(local->bytes + 6, 2);
    local->name_length = pg_bytes_get(local->bytes + 26, 2);
    local->extra_length = pg_bytes_get(local->bytes + 28, 2);
    size_t whole = pg_size_min(room, PG_ZIP_LOCAL_HEADER + local->name_length +
                                         local->extra_length);
    size_t had = local->length;
    if (whole <= had)
        return PG_OK;
    local->length = whole;
    return read_at(zip, local->bytes + had, m->header + had, whole - had, err);
}

/* True if n bytes, as UTF-8 or in code page 437, are the member's name. */
static bool same_name(const pg_zip_member *m, const unsigned char *bytes,
                      size_t n, bool is_utf8)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        char code[3] = {(char)bytes[i]};
        size_t length = is_utf8 ? 1 : pg_zip_decode_byte(code, bytes[i]);
        if (m->name_length - at < length ||
            memcmp(m->name + at, code, length) != 0)
            return false;
        at += length;
    }
    return at == m->name_length;
}

/* PG_EFORMAT if the two names differ: a damaged one in the directory would hide
   the member. */
static pg_status check_name(const local_header *local, const pg_zip *zip,
                            const pg_zip_member *m, pg_error *err)
{
    const unsigned char *name = local->bytes + PG_ZIP_LOCAL_HEADER;
    size_t n =
        pg_size_min(local->name_length, local->length - PG_ZIP_LOCAL_HEADER);
    if (n == local->name_length &&
        same_name(m, name, n, local->flags & PG_ZIP_UTF8_NAME))
        return PG_OK;
    return pg_fail(err, PG_EFORMAT,
                   "%.400s: member '%.*s': its own header calls it '%.*s': the "
                   "archive's directory is damaged",
                   zip->path, (int)pg_size_min(m->name_length, 200), m->name,
                   (int)pg_size_min(n, 200), (const char *)name);
}

/* Checks what reading relies on. The directory alone counts for CRC-32 and
   sizes, as for NumPy: its numbers are checked by the data. */
static pg_status check_method(const local_header *local, const pg_zip *zip,
                              const pg_zip_member *m, pg_error *err)
{
    unsigned method = (unsigned)pg_bytes_get(local->bytes + 8, 2);
    if (memcmp(local->bytes, "PK\3\4", 4) != 0)
        return pg_zip_fail_member(zip, m, err, "its own header is damaged");
    if (local->flags & PG_ZIP_ENCRYPTED)
        return pg_zip_fail_member(zip, m, err, "it is encrypted");
    if (method != m->method)
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: member '%.*s': its own header and the "
                       "directory differ: method %u, not %u",
                       zip->path, (int)pg_size_min(m->name_length, 300),
                       m->name, method, m->method);
    return PG_OK;
}

/* True if CRC-32 and sizes are those of the directory, or left to a record
   behind the data, or zero, as some writers leave them. */
static bool same_sizes(const local_header *local, const pg_zip_member *m)
{
    const unsigned char *at = local->bytes;
    uint32_t crc = (uint32_t)pg_bytes_get(at + 14, 4);
    pg_zip_member said = {.packed = pg_bytes_get(at + 18, 4),
                          .size = pg_bytes_get(at + 22, 4)};
    if ((local->flags | m->flags) & PG_ZIP_DESCRIBED_LATER)
        return true;
    return pg_zip_read_extra(&said,
                             at + PG_ZIP_LOCAL_HEADER + local->name_length,
                             local->extra_length) &&
           (crc == 0 || crc == m->crc) &&
           (said.packed == 0 || said.packed == m->packed) &&
           (said.size == 0 || said.size == m->size);
}

/* Reads the member's local header, and compares it with the directory. */
static pg_status check_local_header(uint64_t *data, local_header *local,
                                    const pg_zip *zip, const pg_zip_member *m,
                                    pg_error *err)
{
    pg_status status = read_local_header(local, zip, m, err);
    if (status == PG_OK)
        status = check_name(local, zip, m, err);
    if (status == PG_OK)
        status = check_method(local, zip, m, err);
    if (status != PG_OK)
        return status;
    *data = m->header + PG_ZIP_LOCAL_HEADER + local->name_length +
            local->extra_length;
    if (*data > m->limit || m->limit - *data < m->packed)
        return pg_zip_fail_member(zip, m, err, "it overlaps the next member");
    return PG_OK;
}

pg_status pg_zip_find_data(uint64_t *data, const pg_zip *zip,
                           const pg_zip_member *m, pg_error *err)
{
    *data = 0;
    local_header *local = pg_malloc(sizeof *local);
    if (!local)
        return pg_fail_memory(err, sizeof *local);
    pg_status status = check_local_header(data, local, zip, m, err);
    pg_free(local, sizeof *local);
    return status;
}

pg_status pg_zip_check_sizes(const pg_zip *zip, const pg_zip_member *m,
                             pg_error *err)
{
    uint64_t data;
    local_header *local = pg_malloc(sizeof *local);
    if (!local)
        return pg_fail_memory(err, sizeof *local);
    pg_status status = check_local_header(&data, local, zip, m, err);
    if (status == PG_OK && !same_sizes(local, m))
        status = pg_zip_fail_member(zip, m, err,
                                    "its own header and the directory differ");
    pg_free(local, sizeof *local);
    return status;
}

pg_status pg_zip_check_names(pg_zip *zip, pg_error *err)
{
    if (zip->names_are_checked)
        return PG_OK;
    local_header *local = pg_malloc(sizeof *local);
    if (!local)
        return pg_fail_memory(err, sizeof *local);
    pg_status status = PG_OK;
    for (size_t i = 0; i < zip->count && status == PG_OK; i++) {
        status = read_local_header(local, zip, &zip->members[i], err);
        if (status == PG_OK)
            status = check_name(local, zip, &zip->members[i], err);
    }
    pg_free(local, sizeof *local);
    zip->names_are_checked = status == PG_OK;
    return status;
}
