/* Gzip files: their members, inflated and checked by zlib. */

#include "io/gzip.h"

#include <inttypes.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "io/input.h"

enum {
    BUFFER = 1 << 16,             /* bytes of the file */
    PIECE = 1 << 18,              /* bytes of data between two polls */
    GZIP_WINDOW = MAX_WBITS + 16, /* zlib reads header, CRC-32 and length */
};

bool pg_gzip_is_magic(const unsigned char first[PG_GZIP_MAGIC])
{
    return first[0] == 0x1f && first[1] == 0x8b;
}

pg_status pg_gzip_open(pg_gzip *g, FILE *file, uint64_t length,
                       const char *path, pg_error *err)
{
    memset(g, 0, sizeof *g);
    g->file = file;
    g->path = path;
    g->length = length;
    g->buffer = pg_malloc(BUFFER);
    if (!g->buffer)
        return pg_fail_memory(err, BUFFER);
    g->is_open = inflateInit2(&g->inflater, GZIP_WINDOW) == Z_OK;
    if (g->is_open)
        return PG_OK;
    pg_gzip_close(g);
    return pg_fail_memory(err, (size_t)1 << MAX_WBITS);
}

void pg_gzip_close(pg_gzip *g)
{
    if (g->is_open)
        inflateEnd(&g->inflater);
    pg_free(g->buffer, BUFFER);
    g->buffer = NULL;
    g->is_open = false;
}

/* Reads the next bytes of the file, none at its end. */
static pg_status fill(pg_gzip *g, pg_error *err)
{
    uint64_t left = g->length - g->at;
    size_t n = left < BUFFER ? (size_t)left : BUFFER;
    pg_status status =
        pg_input_read_at(g->file, g->path, g->buffer, g->at, n, err);
    g->inflater.next_in = g->buffer;
    g->inflater.avail_in = (uInt)n;
    g->at += n;
    return status;
}

/* The offset of the next byte of the file that is not used yet. */
static uint64_t offset(const pg_gzip *g)
{
    return g->at - g->inflater.avail_in;
}

/* Goes to the member behind the one that has ended, if there is one. */
static pg_status next_member(pg_gzip *g, pg_error *err)
{
    bool is_padded = false;
    pg_status status = PG_OK;
    while (status == PG_OK) {
        while (g->inflater.avail_in > 0 && *g->inflater.next_in == 0) {
            g->inflater.next_in++;
            g->inflater.avail_in--;
            is_padded = true;
        }
        if (g->inflater.avail_in > 0 || g->at == g->length)
            break;
        status = pg_unless_interrupted(fill(g, err), err);
    }
    if (status != PG_OK)
        return status;
    g->has_ended = g->inflater.avail_in == 0;
    if (g->has_ended)
        return PG_OK;
    g->member = offset(g);
    if (is_padded || *g->inflater.next_in != 0x1f)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: bytes from %" PRIu64
                       " on, behind the gzip data, belong to nothing",
                       g->path, g->member);
    inflateReset(&g->inflater);
    return PG_OK;
}

static pg_status fail_data(const pg_gzip *g, int result, pg_error *err)
{
    if (result == Z_MEM_ERROR)
        return pg_fail_memory(err, (size_t)1 << MAX_WBITS); /* its window */
    return pg_fail(err, PG_EFORMAT,
                   "%.600s: damaged gzip data before byte %" PRIu64 ": %s",
                   g->path, offset(g),
                   g->inflater.msg ? g->inflater.msg : "no deflated data");
}

/* Inflates n bytes, or those up to the data's end. */
static pg_status read_piece(pg_gzip *g, void *out, size_t n, size_t *got,
                            pg_error *err)
{
    pg_status status = PG_OK;
    g->inflater.next_out = out;
    g->inflater.avail_out = (uInt)n;
    while (status == PG_OK && g->inflater.avail_out > 0 && !g->has_ended) {
        if (g->inflater.avail_in == 0) {
            if (g->at == g->length)
                return pg_fail(err, PG_EFORMAT,
                               "%.600s: the gzip data end too early: the file "
                               "is cut at byte %" PRIu64,
                               g->path, g->length);
            status = fill(g, err);
            if (status != PG_OK)
                break;
        }
        int result = inflate(&g->inflater, Z_NO_FLUSH);
        if (result == Z_STREAM_END)
            status = next_member(g, err);
        else if (result != Z_OK && result != Z_BUF_ERROR)
            status = fail_data(g, result, err);
    }
    *got = n - g->inflater.avail_out;
    return status;
}

pg_status pg_gzip_read(pg_gzip *g, void *out, size_t n, size_t *got,
                       pg_error *err)
{
    pg_status status = PG_OK;
    *got = 0;
    while (status == PG_OK && *got < n && !g->has_ended) {
        size_t piece = pg_size_min(n - *got, PIECE), more = 0;
        status = read_piece(g, (char *)out + *got, piece, &more, err);
        status = pg_unless_interrupted(status, err);
        *got += more;
    }
    return status;
}
