/* The reader of ZIP archives: end record, directory, local headers, members and
   their CRC-32. */

#include "io/zip.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "io/file_kind.h"
#include "io/input.h"

enum {
    LOCAL_HEADER = 30,
    DIRECTORY_ENTRY = 46,
    END_RECORD = 22,
    LONGEST_COMMENT = 0xffff,
    ZIP64_LOCATOR = 20,
    ZIP64_RECORD = 56,
    /* flags: */
    ENCRYPTED = 1,
    DESCRIBED_LATER = 8,  /* CRC-32 and sizes follow the data */
    LARGEST_RATIO = 1032, /* of deflate (zlib's manual) */
};

/* A field of 32 bits whose number is in the ZIP64 extra field. */
static const uint64_t IN_EXTRA = 0xffffffff;

static const char ONE_DISK[] = "archives over several disks are not read";

static pg_status fail_file(const pg_zip *zip, pg_error *err, const char *what)
{
    return pg_fail(err, PG_EFORMAT, "%.600s: %s", zip->path, what);
}

pg_status pg_zip_fail_member(const pg_zip *zip, const pg_zip_member *member,
                             pg_error *err, const char *what)
{
    return pg_fail(err, PG_EFORMAT, "%.500s: member '%.*s': %s", zip->path,
                   (int)pg_size_min(member->name_length, 300), member->name,
                   what);
}

static pg_status read_at(const pg_zip *zip, void *out, uint64_t at, size_t n,
                         pg_error *err)
{
    return pg_input_read_at(zip->file, zip->path, out, at, n, err);
}

/* --- the end record ------------------------------------------------------- */

typedef struct end_record {
    uint64_t at; /* its offset, or that of the ZIP64 record */
    uint64_t count, directory_bytes, directory_at;
} end_record;

/* The offset, within the last n bytes of the file, of the last end record whose
   comment ends where the file does; -1 for none. */
static ptrdiff_t find_end_record(const unsigned char *tail, size_t n)
{
    for (size_t i = n < END_RECORD ? 0 : n - END_RECORD + 1; i-- > 0;)
        if (memcmp(tail + i, "PK\5\6", 4) == 0 &&
            i + END_RECORD + pg_bytes_get(tail + i + 20, 2) == n)
            return (ptrdiff_t)i;
    return -1;
}

/* Without a ZIP64 record, 65535 is a number of members like others; size and
   offset of all ones are in that record alone. */
static pg_status without_zip64(const pg_zip *zip, const end_record *end,
                               pg_error *err)
{
    if (end->directory_bytes == 0xffffffff || end->directory_at == 0xffffffff)
        return fail_file(zip, err, "its ZIP64 record is missing");
    return PG_OK;
}

static pg_status read_zip64_record(const pg_zip *zip, end_record *end,
                                   pg_error *err)
{
    unsigned char locator[ZIP64_LOCATOR], record[ZIP64_RECORD];
    if (end->at < ZIP64_LOCATOR + ZIP64_RECORD)
        return without_zip64(zip, end, err);
    pg_status status =
        read_at(zip, locator, end->at - ZIP64_LOCATOR, ZIP64_LOCATOR, err);
    if (status != PG_OK)
        return status;
    if (memcmp(locator, "PK\6\7", 4) != 0)
        return without_zip64(zip, end, err);
    uint64_t at = pg_bytes_get(locator + 8, 8);
    if (at > end->at - ZIP64_LOCATOR - ZIP64_RECORD)
        return fail_file(zip, err, "its ZIP64 record lies beyond its end");
    status = read_at(zip, record, at, ZIP64_RECORD, err);
    if (status != PG_OK)
        return status;
    if (memcmp(record, "PK\6\6", 4) != 0)
        return fail_file(zip, err, "its ZIP64 record is damaged");
    if (pg_bytes_get(record + 16, 8) != 0 ||
        pg_bytes_get(record + 24, 8) != pg_bytes_get(record + 32, 8))
        return fail_file(zip, err, ONE_DISK);
    *end = (end_record){at, pg_bytes_get(record + 32, 8),
                        pg_bytes_get(record + 40, 8),
                        pg_bytes_get(record + 48, 8)};
    return PG_OK;
}

static pg_status parse_end_record(const pg_zip *zip, end_record *end,
                                  const unsigned char *record, pg_error *err)
{
    bool one_disk = pg_bytes_get(record + 4, 2) == 0 &&
                    pg_bytes_get(record + 6, 2) == 0 &&
                    pg_bytes_get(record + 8, 2) == pg_bytes_get(record + 10, 2);
    end->count = pg_bytes_get(record + 10, 2);
    end->directory_bytes = pg_bytes_get(record + 12, 4);
    end->directory_at = pg_bytes_get(record + 16, 4);
    if (!one_disk)
        return fail_file(zip, err, ONE_DISK);
    if (end->count == 0xffff || end->directory_bytes == 0xffffffff ||
        end->directory_at == 0xffffffff)
        return read_zip64_record(zip, end, err);
    return PG_OK;
}

/* The error of a file without an end record: by its first bytes it is a file of
   another kind, or an archive that was cut off. */
static pg_status fail_kind(const pg_zip *zip, pg_error *err)
{
    unsigned char first[PG_FILE_KIND_BYTES];
    size_t n = pg_size_min(zip->length, sizeof first);
    pg_status status = read_at(zip, first, 0, n, err);
    if (status != PG_OK)
        return status;
    const char *kind = pg_file_kind(first, n);
    if (n >= 4 && memcmp(first, "PK\3\4", 4) == 0)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: not an NPZ archive that is whole: it begins "
                       "as one, and its end record was not found at its end: "
                       "was it copied or downloaded to its end?",
                       zip->path);
    return pg_fail(err, PG_EFORMAT, "%.600s: not an NPZ archive%s%s%s",
                   zip->path, kind ? ", nor an NPY array, but " : "",
                   kind ? kind : "",
                   kind ? ""
                        : " (a ZIP file's end record was expected at its end, "
                          "and not found)");
}

static pg_status read_end_record(const pg_zip *zip, end_record *end,
                                 pg_error *err)
{
    uint64_t length = zip->length;
    size_t n = pg_size_min(length, END_RECORD + LONGEST_COMMENT);
    unsigned char *tail = pg_malloc(n);
    if (!tail)
        return pg_fail_memory(err, n);
    pg_status status = read_at(zip, tail, length - n, n, err);
    ptrdiff_t at = status == PG_OK ? find_end_record(tail, n) : -1;
    if (status == PG_OK && at < 0)
        status = fail_kind(zip, err);
    if (status == PG_OK) {
        end->at = length - n + (uint64_t)at;
        status = parse_end_record(zip, end, tail + at, err);
    }
    pg_free(tail, n);
    if (status == PG_OK && (end->directory_at > end->at ||
                            end->directory_bytes > end->at - end->directory_at))
        status = fail_file(zip, err, "its directory lies beyond its end");
    return status;
}

/* --- the directory -------------------------------------------------------- */

/* Replaces a field of all ones by the next number of the ZIP64 extra field;
   false if there is none. */
static bool widen(uint64_t *field, const unsigned char **extra, size_t *left)
{
    if (*field != IN_EXTRA)
        return true;
    if (*left < 8)
        return false;
    *field = pg_bytes_get(*extra, 8);
    *extra += 8;
    *left -= 8;
    return true;
}

/* Reads sizes and offset that did not fit in 32 bits; false for damaged
   fields. */
static bool read_extra(pg_zip_member *m, const unsigned char *extra, size_t n)
{
    enum { ZIP64_EXTRA = 1 };
    while (n >= 4) {
        size_t id = pg_bytes_get(extra, 2), size = pg_bytes_get(extra + 2, 2);
        if (size > n - 4)
            return false;
        if (id == ZIP64_EXTRA) {
            const unsigned char *numbers = extra + 4;
            return widen(&m->size, &numbers, &size) &&
                   widen(&m->packed, &numbers, &size) &&
                   widen(&m->header, &numbers, &size);
        }
        extra += 4 + size;
        n -= 4 + size;
    }
    return true;
}

/* Parses the entry at `at`, of n bytes that are left; returns its length, 0 if
   it is damaged. */
static size_t parse_entry(pg_zip_member *m, const unsigned char *at, size_t n)
{
    if (n < DIRECTORY_ENTRY || memcmp(at, "PK\1\2", 4) != 0)
        return 0;
    size_t name = pg_bytes_get(at + 28, 2), extra = pg_bytes_get(at + 30, 2);
    size_t total = DIRECTORY_ENTRY + name + extra + pg_bytes_get(at + 32, 2);
    if (total > n)
        return 0;
    *m = (pg_zip_member){
        .name = (const char *)at + DIRECTORY_ENTRY,
        .name_length = name,
        .flags = (unsigned)pg_bytes_get(at + 8, 2),
        .method = (unsigned)pg_bytes_get(at + 10, 2),
        .crc = (uint32_t)pg_bytes_get(at + 16, 4),
        .packed = pg_bytes_get(at + 20, 4),
        .size = pg_bytes_get(at + 24, 4),
        .header = pg_bytes_get(at + 42, 4),
        .entry = at,
        .entry_bytes = total,
    };
    return read_extra(m, at + DIRECTORY_ENTRY + name, extra) ? total : 0;
}

/* The error of a damaged entry; names the member if it still looks like one. */
static pg_status fail_entry(const pg_zip *zip, size_t i,
                            const unsigned char *at, size_t n, pg_error *err)
{
    size_t name = n < DIRECTORY_ENTRY ? 0 : pg_bytes_get(at + 28, 2);
    if (name == 0 || memcmp(at, "PK\1\2", 4) != 0 || name > n - DIRECTORY_ENTRY)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: its directory is damaged at entry %zu",
                       zip->path, i + 1);
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: its directory is damaged at entry %zu, member "
                   "'%.*s'",
                   zip->path, i + 1, (int)pg_size_min(name, 300),
                   (const char *)at + DIRECTORY_ENTRY);
}

static pg_status parse_directory(pg_zip *zip, pg_error *err)
{
    const unsigned char *at = zip->directory;
    size_t left = zip->directory_bytes;
    for (size_t i = 0; i < zip->count; i++) {
        size_t length = parse_entry(&zip->members[i], at, left);
        if (length == 0)
            return fail_entry(zip, i, at, left, err);
        at += length;
        left -= length;
    }
    if (left > 0)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: its directory has %zu bytes more than its %zu "
                       "members",
                       zip->path, left, zip->count);
    return PG_OK;
}

static int by_header(const void *a, const void *b)
{
    const pg_zip_member *x = *(pg_zip_member *const *)a;
    const pg_zip_member *y = *(pg_zip_member *const *)b;
    return (x->header > y->header) - (x->header < y->header);
}

/* Checks that each member ends before the next begins: overlapping ones could
   unpack to far more than the file ("A better zip bomb", Fifield 2019). */
static pg_status check_layout(pg_zip *zip, uint64_t directory_at, pg_error *err)
{
    size_t bytes = zip->count * sizeof(pg_zip_member *);
    pg_zip_member **sorted = pg_malloc(bytes);
    if (!sorted)
        return pg_fail_memory(err, bytes);
    pg_status status = PG_OK;
    for (size_t i = 0; i < zip->count; i++)
        sorted[i] = &zip->members[i];
    qsort(sorted, zip->count, sizeof *sorted, by_header);
    for (size_t i = 0; i < zip->count && status == PG_OK; i++) {
        pg_zip_member *m = sorted[i];
        m->limit = i + 1 < zip->count ? sorted[i + 1]->header : directory_at;
        uint64_t least = LOCAL_HEADER + m->name_length;
        if (m->header > m->limit || m->limit - m->header < least ||
            m->limit - m->header - least < m->packed)
            status = pg_fail(err, PG_EFORMAT,
                             "%.600s: member '%.*s' does not fit where the "
                             "directory says it is",
                             zip->path, (int)m->name_length, m->name);
    }
    pg_free(sorted, bytes);
    return status;
}

/* Checks that no further entry follows the directory; ZIP64 records may. */
static pg_status check_end(const pg_zip *zip, const end_record *end,
                           pg_error *err)
{
    unsigned char signature[4];
    uint64_t behind = end->directory_at + end->directory_bytes;
    if (end->at - behind < sizeof signature)
        return PG_OK;
    pg_status status = read_at(zip, signature, behind, sizeof signature, err);
    if (status == PG_OK && memcmp(signature, "PK\1\2", 4) == 0)
        status = fail_file(zip, err,
                           "its directory holds more members than its end "
                           "record says");
    return status;
}

/* --- local headers -------------------------------------------------------- */

/* A local header with name and extra fields, as far as the file has them. */
typedef struct local_header {
    unsigned char bytes[LOCAL_HEADER + 2 * 0xffff];
    size_t length;
    size_t name_length, extra_length;
} local_header;

/* Reads most headers at once, as their extra fields are short. */
static pg_status read_local_header(local_header *local, const pg_zip *zip,
                                   const pg_zip_member *m, pg_error *err)
{
    enum { USUAL_EXTRA = 64 };
    uint64_t room = m->limit - m->header;
    local->length =
        pg_size_min(room, LOCAL_HEADER + m->name_length + USUAL_EXTRA);
    pg_status status =
        read_at(zip, local->bytes, m->header, local->length, err);
    if (status != PG_OK)
        return status;
    local->name_length = pg_bytes_get(local->bytes + 26, 2);
    local->extra_length = pg_bytes_get(local->bytes + 28, 2);
    size_t whole = pg_size_min(room, LOCAL_HEADER + local->name_length +
                                         local->extra_length);
    size_t had = local->length;
    if (whole <= had)
        return PG_OK;
    local->length = whole;
    return read_at(zip, local->bytes + had, m->header + had, whole - had, err);
}

/* PG_EFORMAT if the two names differ: a damaged one in the directory would hide
   the member. */
static pg_status check_name(const local_header *local, const pg_zip *zip,
                            const pg_zip_member *m, pg_error *err)
{
    const char *name = (const char *)local->bytes + LOCAL_HEADER;
    if (local->name_length == m->name_length &&
        memcmp(name, m->name, m->name_length) == 0)
        return PG_OK;
    size_t there =
        pg_size_min(local->name_length, local->length - LOCAL_HEADER);
    return pg_fail(err, PG_EFORMAT,
                   "%.400s: member '%.*s': its own header calls it '%.*s': the "
                   "archive's directory is damaged",
                   zip->path, (int)pg_size_min(m->name_length, 200), m->name,
                   (int)pg_size_min(there, 200), name);
}

/* True if flags, method, CRC-32 and sizes are those of the directory. A local
   header may leave CRC-32 and sizes to a record behind the data; some writers
   leave the CRC-32 at 0 without that flag. */
static bool same_header(const local_header *local, const pg_zip_member *m)
{
    const unsigned char *at = local->bytes;
    unsigned flags = (unsigned)pg_bytes_get(at + 6, 2);
    if (memcmp(at, "PK\3\4", 4) != 0 || ((flags ^ m->flags) & ENCRYPTED) != 0 ||
        pg_bytes_get(at + 8, 2) != m->method)
        return false;
    if (flags & DESCRIBED_LATER)
        return true;
    uint32_t crc = (uint32_t)pg_bytes_get(at + 14, 4);
    pg_zip_member said = {.packed = pg_bytes_get(at + 18, 4),
                          .size = pg_bytes_get(at + 22, 4)};
    bool widened = said.packed == IN_EXTRA || said.size == IN_EXTRA;
    if (widened && !read_extra(&said, at + LOCAL_HEADER + local->name_length,
                               local->extra_length))
        return false;
    return (crc == 0 || crc == m->crc) && said.packed == m->packed &&
           said.size == m->size;
}

/* Reads the member's local header, and compares it with the directory. */
static pg_status check_local_header(uint64_t *data, local_header *local,
                                    const pg_zip *zip, const pg_zip_member *m,
                                    pg_error *err)
{
    pg_status status = read_local_header(local, zip, m, err);
    if (status == PG_OK)
        status = check_name(local, zip, m, err);
    if (status != PG_OK)
        return status;
    *data = m->header + LOCAL_HEADER + m->name_length + local->extra_length;
    if (*data > m->limit || m->limit - *data < m->packed)
        return pg_zip_fail_member(zip, m, err,
                                  "its data runs into the next member");
    if (!same_header(local, m))
        return pg_zip_fail_member(zip, m, err,
                                  "its header and the directory differ");
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

static pg_status read_directory(pg_zip *zip, pg_error *err)
{
    end_record end = {0};
    pg_status status = read_end_record(zip, &end, err);
    if (status != PG_OK)
        return status;
    if (end.count > end.directory_bytes / DIRECTORY_ENTRY)
        return fail_file(zip, err,
                         "its directory has fewer members than it "
                         "claims");
    zip->directory = pg_malloc(end.directory_bytes);
    zip->directory_bytes = zip->directory ? end.directory_bytes : 0;
    zip->members = pg_malloc(end.count * sizeof *zip->members);
    zip->count = zip->members ? end.count : 0;
    if (!zip->directory || !zip->members)
        return pg_fail_memory(err, end.directory_bytes);
    status = read_at(zip, zip->directory, end.directory_at,
                     zip->directory_bytes, err);
    if (status == PG_OK)
        status = parse_directory(zip, err);
    if (status == PG_OK)
        status = check_end(zip, &end, err);
    if (status == PG_OK)
        status = check_layout(zip, end.directory_at, err);
    return status;
}

/* --- opening -------------------------------------------------------------- */

pg_status pg_zip_open(pg_zip *zip, const char *path, pg_error *err)
{
    memset(zip, 0, sizeof *zip);
    zip->path_bytes = strlen(path) + 1;
    zip->path = pg_malloc(zip->path_bytes);
    if (!zip->path)
        return pg_fail_memory(err, zip->path_bytes);
    memcpy(zip->path, path, zip->path_bytes);
    pg_status status = pg_input_open(&zip->file, &zip->length, path, err);
    if (status == PG_OK)
        status = read_directory(zip, err);
    if (status != PG_OK)
        pg_zip_close(zip);
    return status;
}

void pg_zip_close(pg_zip *zip)
{
    if (zip->file)
        fclose(zip->file);
    pg_free(zip->path, zip->path_bytes);
    pg_free(zip->directory, zip->directory_bytes);
    pg_free(zip->members, zip->count * sizeof *zip->members);
    memset(zip, 0, sizeof *zip);
}

/* --- members -------------------------------------------------------------- */

pg_status pg_zip_check_readable(const pg_zip *zip, const pg_zip_member *m,
                                pg_error *err)
{
    if (m->flags & ENCRYPTED)
        return pg_zip_fail_member(zip, m, err, "it is encrypted");
    if (m->method != PG_ZIP_STORED && m->method != PG_ZIP_DEFLATED)
        return pg_zip_fail_member(
            zip, m, err, "its compression is neither stored nor deflated");
    if (m->method == PG_ZIP_STORED && m->size != m->packed)
        return pg_zip_fail_member(zip, m, err,
                                  "it is stored, but its two sizes differ");
    if (m->size / LARGEST_RATIO > m->packed)
        return pg_zip_fail_member(
            zip, m, err, "its size is more than its data could unpack to");
    return PG_OK;
}
