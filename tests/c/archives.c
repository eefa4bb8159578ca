/* Archives whose numbers don't fit in 32 bits, written with holes: sparse files
   that take little of the disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/bytes.h"
#include "io/zip.h"
#include "test.h"

static const uint64_t WIDE = 0xffffffff;

/* The CRC-32 of n bytes of zero behind those of `crc`. */
static uint32_t add_zeros(uint32_t crc, uint64_t n)
{
    const unsigned char zero = 0;
    uint32_t power = (uint32_t)crc32(0, &zero, 1);
    for (uint64_t bytes = 1; n > 0; n /= 2, bytes *= 2) {
        if (n % 2 == 1)
            crc = (uint32_t)crc32_combine(crc, power, (z_off_t)bytes);
        power = (uint32_t)crc32_combine(power, power, (z_off_t)bytes);
    }
    return crc;
}

/* Adds a stored member: an NPY header, and n elements of zero, which are a
   hole. */
static void add_zeros_member(pg_zip_writer *w, const char *name, uint64_t n)
{
    char header[128];
    pg_error err;
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\1\0\x76\0", 10);
    int used = snprintf(header + 10, sizeof header - 10,
                        "{'descr': '|u1', 'fortran_order': False, "
                        "'shape': (%llu,), }",
                        (unsigned long long)n);
    header[10 + used] = ' ';
    header[sizeof header - 1] = '\n';
    need(pg_zip_writer_begin(w, name, sizeof header + n, false, &err), &err);
    need(pg_zip_writer_write(w, header, sizeof header, &err), &err);
    pg_output *out = &w->output;
    if (write(out->file, out->buffer, out->buffered) !=
            (ssize_t)out->buffered ||
        lseek(out->file, (off_t)n, SEEK_CUR) < 0)
        fail("%s: no hole was made", name);
    out->buffered = 0;
    out->bytes += n;
    out->started = out->bytes;
    w->written += n;
    w->crc = add_zeros(w->crc, n);
    need(pg_zip_writer_end(w, &err), &err);
}

static void add_small_member(pg_zip_writer *w, const char *name)
{
    pg_array a;
    pg_error err;
    const size_t shape[] = {3};
    need(pg_array_new(&a, PG_UINT8, 1, shape, &err), &err);
    memcpy(a.data, "abc", 3);
    need(pg_npz_add(w, name, &a, true, &err), &err);
    pg_array_release(&a);
}

/* Checks a member's numbers, and whether the fields of its entry are wide. */
static void check_member(const pg_zip *zip, size_t i, uint64_t size,
                         bool size_is_wide, bool header_is_wide)
{
    const pg_zip_member *m = &zip->members[i];
    uint64_t data;
    pg_error err;
    const char *name = m->name;
    int n = (int)m->name_length;
    need(pg_zip_find_data(&data, zip, m, &err), &err);
    if (size != 0 && m->size != size)
        fail("%.*s: its size is %llu", n, name, (unsigned long long)m->size);
    if (size_is_wide != (pg_bytes_get(m->entry + 20, 4) == WIDE) ||
        size_is_wide != (pg_bytes_get(m->entry + 24, 4) == WIDE))
        fail("%.*s: its sizes have the wrong fields", n, name);
    if (header_is_wide != (pg_bytes_get(m->entry + 42, 4) == WIDE))
        fail("%.*s: its offset has the wrong field", n, name);
    size_t extra = 8 * (2U * size_is_wide + header_is_wide);
    if (pg_bytes_get(m->entry + 30, 2) != (extra ? extra + 4 : 0))
        fail("%.*s: its extra field has the wrong length", n, name);
    if (pg_bytes_get(m->entry + 6, 2) != (extra ? 45 : 20))
        fail("%.*s: it needs the wrong version", n, name);
}

/* Makes a temporary file unless the program was given one; returns its path. */
static const char *choose_path(char *temporary)
{
    if (test_file)
        return test_file;
    int file = mkstemp(temporary);
    if (file < 0)
        fail("no temporary file was made");
    else
        close(file);
    return temporary;
}

/* Members of just less, more, and just as many bytes as 32 bits can't hold,
   with small ones between them. UnZip 6.0 misreads the entry behind one of 2^32
   - 1 bytes, which is the last. */
void test_archives(void)
{
    enum { HEADER = 128 };
    char temporary[] = "/tmp/archives-XXXXXX";
    const char *path = choose_path(temporary);
    pg_zip_writer w;
    pg_zip zip;
    pg_error err;
    need(pg_zip_writer_open(&w, path, &err), &err);
    add_small_member(&w, "first");
    add_zeros_member(&w, "fits.npy", WIDE - 1 - HEADER);
    add_small_member(&w, "second");
    add_zeros_member(&w, "wide.npy", WIDE + 1);
    add_small_member(&w, "third");
    add_zeros_member(&w, "edge.npy", WIDE - HEADER);
    need(pg_zip_writer_commit(&w, &err), &err);
    need(pg_zip_open(&zip, path, &err), &err);
    if (zip.count != 6)
        fail("an archive of 6 members has %zu", zip.count);
    check_member(&zip, 0, 0, false, false);
    check_member(&zip, 1, WIDE - 1, false, false);
    check_member(&zip, 2, 0, false, true);
    check_member(&zip, 3, WIDE + 1 + HEADER, true, true);
    check_member(&zip, 4, 0, false, true);
    check_member(&zip, 5, WIDE, true, true);
    pg_zip_close(&zip);
    if (path == temporary)
        unlink(path);
}
