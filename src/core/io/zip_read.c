/* The directory of ZIP archives: parsing it, the layout of members, and members
   by name. */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "io/input.h"
#include "io/zip_reader.h"

enum { LARGEST_RATIO = 1032 }; /* of deflate (zlib's manual) */

pg_status pg_zip_fail(const pg_zip *zip, pg_error *err, const char *what)
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

/* --- entries -------------------------------------------------------------- */

/* A field of 32 bits whose number is in the ZIP64 extra field, and one of 16
   bits. */
static const uint64_t IN_EXTRA = 0xffffffff, DISK_IN_EXTRA = 0xffff;

/* Replaces a field of all ones by the next number, of n bytes, of the ZIP64
   extra field; false if there is none. */
static bool widen(uint64_t *field, uint64_t ones, size_t n,
                  const unsigned char **extra, size_t *left)
{
    if (*field != ones)
        return true;
    if (*left < n)
        return false;
    *field = pg_bytes_get(*extra, n);
    *extra += n;
    *left -= n;
    return true;
}

bool pg_zip_read_extra(pg_zip_member *m, const unsigned char *extra, size_t n)
{
    enum { ZIP64_EXTRA = 1 };
    while (n >= 4) {
        size_t id = pg_bytes_get(extra, 2), size = pg_bytes_get(extra + 2, 2);
        if (size > n - 4)
            return false;
        if (id == ZIP64_EXTRA) {
            const unsigned char *numbers = extra + 4;
            return widen(&m->size, IN_EXTRA, 8, &numbers, &size) &&
                   widen(&m->packed, IN_EXTRA, 8, &numbers, &size) &&
                   widen(&m->header, IN_EXTRA, 8, &numbers, &size) &&
                   widen(&m->disk, DISK_IN_EXTRA, 4, &numbers, &size);
        }
        extra += 4 + size;
        n -= 4 + size;
    }
    return true;
}

/* The length of the entry at `at`, of n bytes that are left; 0 if it is
   damaged. */
static size_t entry_length(const unsigned char *at, size_t n)
{
    if (n < PG_ZIP_ENTRY || memcmp(at, "PK\1\2", 4) != 0)
        return 0;
    size_t total = PG_ZIP_ENTRY + pg_bytes_get(at + 28, 2) +
                   pg_bytes_get(at + 30, 2) + pg_bytes_get(at + 32, 2);
    return total <= n ? total : 0;
}

/* Parses an entry; false if its extra fields are damaged. */
static bool parse_entry(pg_zip_member *m, const unsigned char *at, size_t total)
{
    size_t name = pg_bytes_get(at + 28, 2), extra = pg_bytes_get(at + 30, 2);
    *m = (pg_zip_member){
        .name = (const char *)at + PG_ZIP_ENTRY,
        .name_length = name,
        .flags = (unsigned)pg_bytes_get(at + 8, 2),
        .method = (unsigned)pg_bytes_get(at + 10, 2),
        .crc = (uint32_t)pg_bytes_get(at + 16, 4),
        .packed = pg_bytes_get(at + 20, 4),
        .size = pg_bytes_get(at + 24, 4),
        .disk = pg_bytes_get(at + 34, 2),
        .header = pg_bytes_get(at + 42, 4),
        .entry = at,
        .entry_bytes = total,
    };
    return pg_zip_read_extra(m, at + PG_ZIP_ENTRY + name, extra);
}

/* The error of a damaged entry; names the member if it still looks like one. */
static pg_status fail_entry(const pg_zip *zip, size_t i,
                            const unsigned char *at, size_t n, pg_error *err)
{
    size_t name = n < PG_ZIP_ENTRY ? 0 : pg_bytes_get(at + 28, 2);
    if (name == 0 || memcmp(at, "PK\1\2", 4) != 0 || name > n - PG_ZIP_ENTRY)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: its directory is damaged at entry %zu",
                       zip->path, i + 1);
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: its directory is damaged at entry %zu, member "
                   "'%.*s'",
                   zip->path, i + 1, (int)pg_size_min(name, 300),
                   (const char *)at + PG_ZIP_ENTRY);
}

/* --- names ---------------------------------------------------------------- */

/* True if the entry's name has to be decoded: it is in code page 437, and not
   of ASCII alone. */
static bool is_encoded(const pg_zip_member *m)
{
    if (m->flags & PG_ZIP_UTF8_NAME)
        return false;
    for (size_t i = 0; i < m->name_length; i++)
        if ((unsigned char)m->name[i] >= 0x80)
            return true;
    return false;
}

/* Replaces names in code page 437 by UTF-8. */
static pg_status decode_names(pg_zip *zip, pg_error *err)
{
    char code[3];
    size_t bytes = 0;
    for (size_t i = 0; i < zip->count; i++)
        if (is_encoded(&zip->members[i]))
            bytes += sizeof code * zip->members[i].name_length;
    if (bytes == 0)
        return PG_OK;
    char *out = zip->names = pg_malloc(bytes);
    if (!out)
        return pg_fail_memory(err, bytes);
    zip->names_bytes = bytes;
    for (size_t i = 0; i < zip->count; i++) {
        pg_zip_member *m = &zip->members[i];
        if (!is_encoded(m))
            continue;
        const char *name = m->name;
        m->name = out;
        for (size_t k = 0; k < m->name_length; k++) {
            size_t n = pg_zip_decode_byte(code, (unsigned char)name[k]);
            memcpy(out, code, n);
            out += n;
        }
        m->name_length = (size_t)(out - m->name);
    }
    return PG_OK;
}

static int compare_names(const char *a, size_t n, const char *b, size_t m)
{
    int order = memcmp(a, b, pg_size_min(n, m));
    return order ? order : (n > m) - (n < m);
}

static int by_name(const void *a, const void *b)
{
    const pg_zip_member *x = *(pg_zip_member *const *)a;
    const pg_zip_member *y = *(pg_zip_member *const *)b;
    return compare_names(x->name, x->name_length, y->name, y->name_length);
}

/* Sorts the members by name. PG_EFORMAT if two have the same: programs differ
   in which of them they take. */
static pg_status sort_names(pg_zip *zip, pg_error *err)
{
    zip->by_name = pg_malloc(zip->count * sizeof *zip->by_name);
    if (!zip->by_name)
        return pg_fail_memory(err, zip->count * sizeof *zip->by_name);
    for (size_t i = 0; i < zip->count; i++)
        zip->by_name[i] = &zip->members[i];
    qsort(zip->by_name, zip->count, sizeof *zip->by_name, by_name);
    for (size_t i = 1; i < zip->count; i++)
        if (by_name(&zip->by_name[i - 1], &zip->by_name[i]) == 0)
            return pg_zip_fail_member(zip, zip->by_name[i], err,
                                      "two members have this name");
    return PG_OK;
}

/* Compares name and suffix, one behind the other, with the member's name. */
static int compare_with(const pg_zip_member *m, const char *name, size_t n,
                        const char *suffix)
{
    size_t same = pg_size_min(n, m->name_length);
    int order = memcmp(name, m->name, same);
    if (order != 0 || n > m->name_length)
        return order != 0 ? order : 1;
    return compare_names(suffix, strlen(suffix), m->name + n,
                         m->name_length - n);
}

bool pg_zip_find(size_t *i, const pg_zip *zip, const char *name, size_t n,
                 const char *suffix)
{
    size_t low = 0, high = zip->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const pg_zip_member *m = zip->by_name[middle];
        int order = compare_with(m, name, n, suffix);
        *i = (size_t)(m - zip->members);
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* --- layout --------------------------------------------------------------- */

static int by_header(const void *a, const void *b)
{
    const pg_zip_member *x = *(pg_zip_member *const *)a;
    const pg_zip_member *y = *(pg_zip_member *const *)b;
    return (x->header > y->header) - (x->header < y->header);
}

static pg_status fail_overlap(const pg_zip *zip, const pg_zip_member *m,
                              const pg_zip_member *next, pg_error *err)
{
    if (!next)
        return pg_zip_fail_member(zip, m, err,
                                  "it does not fit where the directory says "
                                  "it is");
    return pg_fail(err, PG_EFORMAT, "%.400s: members '%.*s' and '%.*s' overlap",
                   zip->path, (int)pg_size_min(m->name_length, 200), m->name,
                   (int)pg_size_min(next->name_length, 200), next->name);
}

/* Checks that each member ends before the next begins: overlapping ones could
   unpack to far more than the file ("A better zip bomb", Fifield 2019). */
static pg_status check_layout(pg_zip *zip, const pg_zip_end *end, pg_error *err)
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
        pg_zip_member *next = i + 1 < zip->count ? sorted[i + 1] : NULL;
        m->limit = next ? next->header : end->directory_at;
        if (m->header > m->limit ||
            m->limit - m->header < PG_ZIP_LOCAL_HEADER ||
            m->limit - m->header - PG_ZIP_LOCAL_HEADER < m->packed)
            status = fail_overlap(zip, m, next, err);
    }
    pg_free(sorted, bytes);
    return status;
}

/* --- the directory -------------------------------------------------------- */

/* Counts the entries. PG_EFORMAT unless they fill the directory, and are as
   many as the end record says. */
static pg_status count_entries(size_t *count, const pg_zip *zip,
                               const pg_zip_end *end, pg_error *err)
{
    const unsigned char *at = zip->directory;
    *count = 0;
    for (size_t left = zip->directory_bytes, n; left > 0; left -= n, at += n) {
        n = entry_length(at, left);
        if (n == 0)
            return fail_entry(zip, *count, at, left, err);
        ++*count;
    }
    if (end->count == *count)
        return PG_OK;
    bool is_longer = end->count_is_partial && *count > 0xffff;
    if (is_longer && (end->count == 0xffff || end->count == (*count & 0xffff)))
        return PG_OK;
    return pg_fail(err, PG_EFORMAT,
                   "%.600s: its directory has %zu members, and %llu by its end "
                   "record",
                   zip->path, *count, (unsigned long long)end->count);
}

static pg_status parse_directory(pg_zip *zip, const pg_zip_end *end,
                                 pg_error *err)
{
    const unsigned char *at = zip->directory;
    for (size_t i = 0; i < zip->count; i++) {
        pg_zip_member *m = &zip->members[i];
        size_t n = entry_length(at, zip->directory_bytes -
                                        (size_t)(at - zip->directory));
        if (!parse_entry(m, at, n))
            return fail_entry(zip, i, at, n, err);
        if (m->disk != 0 && m->disk != DISK_IN_EXTRA)
            return pg_zip_fail_member(zip, m, err, "it is on another disk");
        if (m->header > end->directory_at ||
            end->directory_at - m->header < end->prefix)
            return fail_overlap(zip, m, NULL, err);
        m->header += end->prefix;
        at += n;
    }
    return PG_OK;
}

static pg_status read_directory(pg_zip *zip, pg_error *err)
{
    pg_zip_end end;
    pg_status status = pg_zip_find_directory(&end, zip, err);
    if (status != PG_OK)
        return status;
    zip->prefix = end.prefix;
    zip->comment_at = end.comment_at;
    zip->comment_bytes = end.comment_bytes;
    zip->directory_at = end.directory_at;
    zip->directory = pg_malloc(end.directory_bytes);
    if (!zip->directory)
        return pg_fail_memory(err, end.directory_bytes);
    zip->directory_bytes = end.directory_bytes;
    status = pg_input_read_at(zip->file, zip->path, zip->directory,
                              end.directory_at, zip->directory_bytes, err);
    size_t count = 0;
    if (status == PG_OK)
        status = count_entries(&count, zip, &end, err);
    if (status != PG_OK)
        return status;
    zip->members = pg_malloc(count * sizeof *zip->members);
    if (!zip->members)
        return pg_fail_memory(err, count * sizeof *zip->members);
    zip->count = count;
    status = parse_directory(zip, &end, err);
    if (status == PG_OK)
        status = decode_names(zip, err);
    if (status == PG_OK)
        status = sort_names(zip, err);
    if (status == PG_OK)
        status = check_layout(zip, &end, err);
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
    pg_free(zip->names, zip->names_bytes);
    pg_free(zip->by_name, zip->count * sizeof *zip->by_name);
    pg_free(zip->members, zip->count * sizeof *zip->members);
    memset(zip, 0, sizeof *zip);
}

/* --- members -------------------------------------------------------------- */

/* The name of a compression that other programs write, or NULL. */
static const char *method_name(unsigned method)
{
    static const struct {
        unsigned method;
        const char *name;
    } names[] = {{1, "shrunk"}, {6, "imploded"},       {9, "Deflate64"},
                 {12, "bzip2"}, {14, "LZMA"},          {93, "Zstandard"},
                 {95, "XZ"},    {96, "JPEG"},          {97, "WavPack"},
                 {98, "PPMd"},  {99, "AES encryption"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].method == method)
            return names[i].name;
    return NULL;
}

static pg_status fail_method(const pg_zip *zip, const pg_zip_member *m,
                             pg_error *err)
{
    const char *name = method_name(m->method);
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: member '%.*s': its compression is neither stored "
                   "nor deflated: method %u%s%s%s",
                   zip->path, (int)pg_size_min(m->name_length, 300), m->name,
                   m->method, name ? " (" : "", name ? name : "",
                   name ? ")" : "");
}

pg_status pg_zip_check_readable(const pg_zip *zip, const pg_zip_member *m,
                                pg_error *err)
{
    if (m->flags & (PG_ZIP_ENCRYPTED | PG_ZIP_STRONGLY_ENCRYPTED))
        return pg_zip_fail_member(zip, m, err, "it is encrypted");
    if (m->method != PG_ZIP_STORED && m->method != PG_ZIP_DEFLATED)
        return fail_method(zip, m, err);
    if (m->method == PG_ZIP_STORED && m->size != m->packed)
        return pg_zip_fail_member(zip, m, err,
                                  "it is stored, but its two sizes differ");
    if (m->size / LARGEST_RATIO > m->packed)
        return pg_zip_fail_member(
            zip, m, err, "its size is more than its data could unpack to");
    return PG_OK;
}
