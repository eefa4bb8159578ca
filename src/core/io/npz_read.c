/* Arrays of NPZ archives: members as sources of NPY files. */

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "io/npz.h"

static const pg_rows_range *rows_of(const pg_npz *npz, size_t i)
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

/* A member as a source, with its label for messages. It is allocated: the
   stream's buffer is too large for a stack. */
typedef struct npz_member {
    pg_zip_stream stream;
    char label[PG_ERROR_SIZE];
    pg_source source;
    pg_npy_header header;
} npz_member;

static void close_member(npz_member *m)
{
    if (m)
        pg_zip_stream_close(&m->stream);
    pg_free(m, sizeof *m);
}

/* Opens the i-th member and reads its array's header. close_member must follow
   in either case. */
static pg_status open_member(npz_member **out, const pg_npz *npz, size_t i,
                             pg_error *err)
{
    pg_assert(i < npz->zip.count);
    const pg_zip_member *member = &npz->zip.members[i];
    npz_member *m = *out = pg_malloc(sizeof *m);
    if (!m)
        return pg_fail_memory(err, sizeof *m);
    snprintf(m->label, sizeof m->label, "%.350s: member '%.*s'", npz->zip.path,
             (int)pg_size_min(member->name_length, 120), member->name);
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
    npz_member *m;
    size_t first;
    pg_status status = open_member(&m, npz, i, err);
    if (status == PG_OK) {
        *out = m->header;
        status = pg_npy_find_rows(&first, out, rows_of(npz, i), m->label, err);
    }
    close_member(m);
    return status;
}

static pg_status read_member(pg_array *out, const pg_npz *npz, npz_member *m,
                             const pg_rows_range *rows, pg_error *err)
{
    pg_status status = PG_OK;
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

static pg_status map_member(pg_array *out, const pg_npz *npz, npz_member *m,
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

/* PG_EFORMAT for a member that cannot be mapped. */
static pg_status check_stored(const pg_npz *npz, size_t i, pg_error *err)
{
    const pg_zip_member *m = &npz->zip.members[i];
    if (m->method == PG_ZIP_STORED)
        return PG_OK;
    return pg_zip_fail_member(&npz->zip, m, err,
                              "it is deflated, and only stored members are "
                              "mapped (pg.save without compress stores them)");
}

pg_status pg_npz_get(pg_array *out, const pg_npz *npz, size_t i, pg_error *err)
{
    npz_member *m;
    const pg_rows_range *rows = rows_of(npz, i);
    memset(out, 0, sizeof *out);
    pg_status status = open_member(&m, npz, i, err);
    if (status == PG_OK && npz->options.map)
        status = check_stored(npz, i, err);
    if (status == PG_OK && npz->options.map &&
        pg_npy_may_map(&m->header, m->stream.data + m->header.bytes))
        status = map_member(out, npz, m, rows, err);
    else if (status == PG_OK)
        status = read_member(out, npz, m, rows, err);
    close_member(m);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}
