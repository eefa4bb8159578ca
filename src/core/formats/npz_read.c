/* Members of NPZ archives as sources of NPY files. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "formats/npz_member.h"
#include "io/crc32.h"

const pg_rows_range *pg_npz_rows_of(const pg_npz *npz, size_t i)
{
    return npz->rows && npz->rows[i].is_given ? &npz->rows[i].range : NULL;
}

static pg_status read_stream(void *context, void *out, size_t n, pg_error *err)
{
    return pg_zip_stream_read(context, out, n, err);
}

static pg_status skip_stream(void *context, uint64_t n, pg_error *err)
{
    return pg_zip_stream_skip(context, n, err);
}

void pg_npz_member_close(pg_npz_member *m)
{
    if (m)
        pg_zip_stream_close(&m->stream);
    pg_free(m, sizeof *m);
}

void pg_npz_label(char *label, const pg_npz *npz, size_t i)
{
    const pg_zip_member *m = &npz->zip.members[i];
    snprintf(label, PG_ERROR_SIZE, "%.350s: member '%.*s'", npz->zip.path,
             (int)pg_size_min(m->name_length, 120), m->name);
}

pg_status pg_npz_member_open(pg_npz_member **out, const pg_npz *npz, size_t i,
                             pg_error *err)
{
    pg_assert(i < npz->zip.count);
    const pg_zip_member *member = &npz->zip.members[i];
    pg_npz_member *m = *out = pg_malloc(sizeof *m);
    if (!m)
        return pg_fail_memory(err, sizeof *m);
    pg_npz_label(m->label, npz, i);
    m->source = (pg_source){read_stream, skip_stream, &m->stream, member->size,
                            m->label};
    pg_status status = pg_zip_stream_open(&m->stream, &npz->zip, member, err);
    if (status == PG_OK)
        status = pg_npy_read_header(&m->header, &m->source, err);
    return status;
}

pg_status pg_npz_header(pg_npy_header *out, const pg_npz *npz, size_t i,
                        pg_error *err)
{
    pg_npz_member *m;
    size_t first;
    pg_status status = pg_npz_member_open(&m, npz, i, err);
    if (status == PG_OK) {
        *out = m->header;
        status = pg_npy_find_rows(&first, out, pg_npz_rows_of(npz, i), m->label,
                                  err);
    }
    pg_npz_member_close(m);
    return status;
}

pg_status pg_npz_member_check(size_t *bytes, const pg_npz *npz,
                              const pg_npz_member *m, const pg_rows_range *rows,
                              const pg_npy_header *h, pg_error *err)
{
    uint64_t most = npz->options.max_bytes;
    uint64_t unpacked = m->source.length - m->header.bytes;
    pg_status status = pg_npy_check_bytes(bytes, h, most, m->label, err);
    if (status != PG_OK || rows || npz->options.map || unpacked <= most)
        return status;
    return pg_fail(err, PG_EARG,
                   "%.500s: it unpacks to %" PRIu64
                   " bytes, more than max_bytes = %" PRIu64,
                   m->label, unpacked, most);
}

static pg_status read_member(pg_array *out, const pg_npz *npz, pg_npz_member *m,
                             const pg_rows_range *rows, pg_error *err)
{
    size_t bytes;
    pg_status status = PG_OK;
    if (!rows)
        status = pg_npz_member_check(&bytes, npz, m, rows, &m->header, err);
    if (status != PG_OK)
        return status;
    m->stream.is_checked = !rows || npz->options.check;
    if (!m->stream.is_checked)
        status = pg_zip_check_sizes(&npz->zip, m->stream.member, err);
    if (status == PG_OK)
        status = pg_npy_read_elements(out, &m->header, rows,
                                      npz->options.max_bytes, &m->source, err);
    if (status == PG_OK && m->stream.is_checked)
        status = pg_zip_stream_finish(&m->stream, err);
    return status;
}

static pg_status map_member(pg_array *out, const pg_npz *npz, pg_npz_member *m,
                            const pg_rows_range *rows, pg_error *err)
{
    pg_status status =
        npz->options.check
            ? pg_zip_stream_finish(&m->stream, err)
            : pg_zip_check_sizes(&npz->zip, m->stream.member, err);
    if (status == PG_OK)
        status = pg_npy_map(out, &m->header, rows, npz->zip.file,
                            m->stream.data + m->header.bytes, m->label, err);
    return status;
}

pg_status pg_npz_member_get(pg_array *out, const pg_npz *npz, pg_npz_member *m,
                            const pg_rows_range *rows, pg_error *err)
{
    if (!npz->options.map)
        return read_member(out, npz, m, rows, err);
    if (m->stream.member->method != PG_ZIP_STORED)
        return pg_zip_fail_member(&npz->zip, m->stream.member, err,
                                  "it is deflated, and only stored members are "
                                  "mapped (pg.save without compress stores "
                                  "them)");
    if (!pg_npy_may_map(&m->header, m->stream.data + m->header.bytes))
        return read_member(out, npz, m, rows, err);
    return map_member(out, npz, m, rows, err);
}

/* Adds the rows to the sum: others are another array. */
static pg_status add_rows(uint32_t *sum, const pg_npz *npz, size_t i,
                          pg_error *err)
{
    pg_npz_member *m;
    size_t first;
    unsigned char bytes[8 + 8];
    pg_status status = pg_npz_member_open(&m, npz, i, err);
    if (status == PG_OK)
        status = pg_npy_find_rows(&first, &m->header, pg_npz_rows_of(npz, i),
                                  m->label, err);
    if (status == PG_OK) {
        pg_bytes_put(bytes, first, 8);
        pg_bytes_put(bytes + 8, m->header.shape[0], 8);
        *sum = pg_crc32(*sum, bytes, sizeof bytes);
    }
    pg_npz_member_close(m);
    return status;
}

pg_status pg_npz_checksum(uint32_t *sum, const pg_npz *npz, size_t i,
                          pg_error *err)
{
    pg_assert(i < npz->zip.count);
    *sum = npz->zip.members[i].crc;
    pg_status status = pg_zip_check_sizes(&npz->zip, &npz->zip.members[i], err);
    if (status == PG_OK && pg_npz_rows_of(npz, i))
        status = add_rows(sum, npz, i, err);
    return status;
}
