/* The end of a ZIP archive: the end record, the ZIP64 record, and by them the
   place of the directory. */

#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "io/file_kind.h"
#include "io/input.h"
#include "io/zip_reader.h"

enum {
    LONGEST_COMMENT = 0xffff,
    LONGEST_TAIL = 1 << 16, /* of comment and other bytes behind the record */
    ZIP64_LOCATOR = 20,
    ZIP64_RECORD = 56,
};

static const char ONE_DISK[] = "archives over several disks are not read";

/* Values of a field whose number is in the ZIP64 record. */
static const uint64_t ONES_16 = 0xffff, ONES_32 = 0xffffffff;

static pg_status read_at(const pg_zip *zip, void *out, uint64_t at, size_t n,
                         pg_error *err)
{
    return pg_input_read_at(zip->file, zip->path, out, at, n, err);
}

/* *found = the four bytes at `at` are the signature. */
static pg_status test_signature(bool *found, const pg_zip *zip, uint64_t at,
                                const char *signature, pg_error *err)
{
    unsigned char bytes[4] = {0};
    pg_status status = PG_OK;
    if (at <= zip->length && zip->length - at >= sizeof bytes)
        status = read_at(zip, bytes, at, sizeof bytes, err);
    *found = memcmp(bytes, signature, sizeof bytes) == 0;
    return status;
}

/* --- the numbers of the end record ---------------------------------------- */

typedef struct end_record {
    uint64_t at; /* the file's offset of the first record behind the directory:
                    this one, or the ZIP64 record */
    uint64_t disk, directory_disk, count_here, count;
    uint64_t directory_bytes, directory_at;
    bool has_zip64;
} end_record;

static end_record parse_end_record(const unsigned char *bytes, uint64_t at)
{
    return (end_record){
        .at = at,
        .disk = pg_bytes_get(bytes + 4, 2),
        .directory_disk = pg_bytes_get(bytes + 6, 2),
        .count_here = pg_bytes_get(bytes + 8, 2),
        .count = pg_bytes_get(bytes + 10, 2),
        .directory_bytes = pg_bytes_get(bytes + 12, 4),
        .directory_at = pg_bytes_get(bytes + 16, 4),
    };
}

/* Finds the ZIP64 record of the locator at `end`: at the offset `said`, or
   right before it if bytes stand before the archive. */
static pg_status find_zip64_record(bool *found, uint64_t *at, const pg_zip *zip,
                                   uint64_t said, uint64_t end, pg_error *err)
{
    pg_status status = PG_OK;
    *found = false;
    if (end < ZIP64_RECORD)
        return PG_OK;
    *at = said;
    if (said <= end - ZIP64_RECORD)
        status = test_signature(found, zip, said, "PK\6\6", err);
    if (status != PG_OK || *found)
        return status;
    *at = end - ZIP64_RECORD;
    return test_signature(found, zip, *at, "PK\6\6", err);
}

/* Takes the numbers of the ZIP64 record, if there is a locator of one right
   before the end record. */
static pg_status read_zip64_record(const pg_zip *zip, end_record *end,
                                   pg_error *err)
{
    unsigned char locator[ZIP64_LOCATOR], record[ZIP64_RECORD];
    if (end->at < ZIP64_LOCATOR)
        return PG_OK;
    uint64_t locator_at = end->at - ZIP64_LOCATOR, at;
    bool found;
    pg_status status = read_at(zip, locator, locator_at, ZIP64_LOCATOR, err);
    if (status != PG_OK || memcmp(locator, "PK\6\7", 4) != 0)
        return status;
    if (pg_bytes_get(locator + 4, 4) != 0 || pg_bytes_get(locator + 16, 4) > 1)
        return pg_zip_fail(zip, err, ONE_DISK);
    status = find_zip64_record(&found, &at, zip, pg_bytes_get(locator + 8, 8),
                               locator_at, err);
    if (status != PG_OK || !found)
        return status;
    status = read_at(zip, record, at, ZIP64_RECORD, err);
    *end = (end_record){
        .at = at,
        .disk = pg_bytes_get(record + 16, 4),
        .directory_disk = pg_bytes_get(record + 20, 4),
        .count_here = pg_bytes_get(record + 24, 8),
        .count = pg_bytes_get(record + 32, 8),
        .directory_bytes = pg_bytes_get(record + 40, 8),
        .directory_at = pg_bytes_get(record + 48, 8),
        .has_zip64 = true,
    };
    return status;
}

/* Takes the numbers of the end record whose bytes these are, and those of the
   ZIP64 record in place of its own. */
static pg_status read_numbers(end_record *end, const pg_zip *zip,
                              const unsigned char *bytes, uint64_t at,
                              pg_error *err)
{
    *end = parse_end_record(bytes, at);
    if ((end->disk != 0 && end->disk != ONES_16) ||
        (end->directory_disk != 0 && end->directory_disk != ONES_16))
        return pg_zip_fail(zip, err, ONE_DISK);
    pg_status status = read_zip64_record(zip, end, err);
    if (status != PG_OK)
        return status;
    if (!end->has_zip64 &&
        (end->disk == ONES_16 || end->directory_disk == ONES_16 ||
         end->directory_bytes == ONES_32 || end->directory_at == ONES_32))
        return pg_zip_fail(zip, err, "its ZIP64 record is missing");
    if (end->disk != 0 || end->directory_disk != 0 ||
        end->count_here != end->count)
        return pg_zip_fail(zip, err, ONE_DISK);
    return PG_OK;
}

/* --- the place of the directory ------------------------------------------- */

/* The offset, within n bytes, of the last end record whose comment ends where
   they do; -1 for none. */
static ptrdiff_t find_exact_end(const unsigned char *bytes, size_t n)
{
    for (size_t i = n < PG_ZIP_END_RECORD ? 0 : n - PG_ZIP_END_RECORD + 1;
         i-- > 0;)
        if (memcmp(bytes + i, "PK\5\6", 4) == 0 &&
            i + PG_ZIP_END_RECORD + pg_bytes_get(bytes + i + 20, 2) == n)
            return (ptrdiff_t)i;
    return -1;
}

/* Checks the bytes before an archive: any, but no beginning of an archive
   without its end. That would be an archive cut in the middle of a member that
   is an archive. */
static pg_status check_prefix(const pg_zip *zip, uint64_t prefix, pg_error *err)
{
    bool begins = false, is_cut = false;
    pg_status status = test_signature(&begins, zip, 0, "PK\3\4", err);
    if (status != PG_OK || !begins)
        return status;
    size_t n = pg_size_min(prefix, PG_ZIP_END_RECORD + LONGEST_COMMENT);
    unsigned char *tail = pg_malloc(n);
    if (!tail)
        return pg_fail_memory(err, n);
    status = read_at(zip, tail, prefix - n, n, err);
    is_cut = status == PG_OK && find_exact_end(tail, n) < 0;
    pg_free(tail, n);
    return is_cut ? pg_zip_fail(zip, err,
                                "its directory is not where its end record "
                                "says")
                  : status;
}

/* The directory stands right before its end, as writers put it; offsets that
   are too small for that have other bytes before the archive. Else it stands at
   its offset, with other records behind it. */
static pg_status place_directory(pg_zip_end *out, const pg_zip *zip,
                                 const end_record *end, pg_error *err)
{
    bool is_here = false, goes_on = false;
    uint64_t bytes = end->directory_bytes, at = end->directory_at;
    *out = (pg_zip_end){.directory_bytes = bytes,
                        .count = end->count,
                        .count_is_partial = !end->has_zip64};
    if (at > end->at || bytes > end->at - at)
        return pg_zip_fail(zip, err, "its directory lies beyond its end");
    out->directory_at = end->at - bytes;
    pg_status status =
        test_signature(&is_here, zip, out->directory_at, "PK\1\2", err);
    if (status == PG_OK && (is_here || bytes == 0)) {
        out->prefix = out->directory_at - at;
        return out->prefix > 0 ? check_prefix(zip, out->prefix, err) : PG_OK;
    }
    out->directory_at = at;
    if (status == PG_OK)
        status = test_signature(&is_here, zip, at, "PK\1\2", err);
    if (status == PG_OK && !is_here)
        return pg_zip_fail(zip, err,
                           "its directory is not where its end record says");
    if (status == PG_OK)
        status = test_signature(&goes_on, zip, at + bytes, "PK\1\2", err);
    return goes_on ? pg_zip_fail(zip, err,
                                 "its directory has more bytes than its end "
                                 "record says")
                   : status;
}

/* --- finding the end record ----------------------------------------------- */

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
    char reader[PG_READER_TEXT];
    if (n >= 4 && memcmp(first, "PK\3\4", 4) == 0)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: not an NPZ archive that is whole: it begins "
                       "as one, and its end record was not found at its end: "
                       "was it copied or downloaded to its end?",
                       zip->path);
    if (!kind)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: not an NPZ archive (a ZIP file's end record "
                       "was expected at its end, and not found)",
                       zip->path);
    bool is_npy = n >= 6 && memcmp(first, "\x93NUMPY", 6) == 0;
    return pg_fail(err, PG_EFORMAT, "%.600s: not an NPZ archive, %sbut %s%s",
                   zip->path, is_npy ? "" : "nor an NPY array, ", kind,
                   pg_file_reader(reader, kind));
}

/* The offset, within n bytes, of the last signature of a record; 0 for none. */
static size_t find_last_record(const unsigned char *bytes, size_t n)
{
    for (size_t i = n < 4 ? 0 : n - 3; i-- > 0;)
        if (bytes[i] == 'P' && bytes[i + 1] == 'K' &&
            ((bytes[i + 2] == 1 && bytes[i + 3] == 2) ||
             (bytes[i + 2] == 3 && bytes[i + 3] == 4) ||
             (bytes[i + 2] == 5 && bytes[i + 3] == 6) ||
             (bytes[i + 2] == 6 && (bytes[i + 3] == 6 || bytes[i + 3] == 7))))
            return i;
    return 0;
}

/* Tries the end record at offset i of the tail, the file's last n bytes, with
   the last signature at offset `last`. If that is behind the record and its
   comment, the record is that of a member, or another one was overwritten. */
static pg_status try_end_record(pg_zip_end *out, const pg_zip *zip,
                                const unsigned char *tail, size_t n, size_t i,
                                size_t last, pg_error *err)
{
    end_record end;
    size_t behind = i + PG_ZIP_END_RECORD + pg_bytes_get(tail + i + 20, 2);
    if (last >= behind)
        return pg_zip_fail(zip, err,
                           "records of another archive follow its end");
    pg_status status =
        read_numbers(&end, zip, tail + i, zip->length - n + i, err);
    if (status == PG_OK)
        status = place_directory(out, zip, &end, err);
    out->comment_at = zip->length - n + i + PG_ZIP_END_RECORD;
    out->comment_bytes = pg_size_min(behind, n) - i - PG_ZIP_END_RECORD;
    return status;
}

/* Tries the end records in the tail from the last to the first: a comment may
   have the signature of one. The error is that of the last which ends where the
   file does, or else of the last. */
static pg_status search_tail(pg_zip_end *out, const pg_zip *zip,
                             const unsigned char *tail, size_t n, pg_error *err)
{
    pg_error found;
    pg_status status = PG_EFORMAT;
    ptrdiff_t exact = find_exact_end(tail, n);
    size_t last = find_last_record(tail, n);
    bool failed = false;
    for (size_t i = n < PG_ZIP_END_RECORD ? 0 : n - PG_ZIP_END_RECORD + 1;
         i-- > 0 && status == PG_EFORMAT;) {
        if (memcmp(tail + i, "PK\5\6", 4) != 0)
            continue;
        status = try_end_record(out, zip, tail, n, i, last, &found);
        if (status != PG_OK &&
            (!failed || (ptrdiff_t)i == exact || status != PG_EFORMAT))
            *err = found;
        failed = true;
    }
    return failed ? status : fail_kind(zip, err);
}

pg_status pg_zip_find_directory(pg_zip_end *end, const pg_zip *zip,
                                pg_error *err)
{
    size_t n = pg_size_min(zip->length, PG_ZIP_END_RECORD + LONGEST_TAIL);
    unsigned char *tail = pg_malloc(n);
    if (!tail)
        return pg_fail_memory(err, n);
    pg_status status = read_at(zip, tail, zip->length - n, n, err);
    if (status == PG_OK)
        status = search_tail(end, zip, tail, n, err);
    pg_free(tail, n);
    return status;
}
