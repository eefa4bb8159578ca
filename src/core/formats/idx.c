/* IDX files, plain and packed by gzip. */

#include "formats/idx.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "io/file_kind.h"
#include "io/gzip.h"
#include "io/input.h"

enum { MAGIC = 4, LENGTH = 4, LEAST_TYPE = 0x08, MOST_TYPE = 0x0e };

/* An IDX file that is read from front to back. */
typedef struct idx_file {
    FILE *file;
    const char *path;
    uint64_t length; /* of the file */
    uint64_t at;     /* the number of bytes read: of the packed data, if any */
    bool is_packed;
    pg_gzip gzip;
} idx_file;

/* --- bytes ---------------------------------------------------------------- */

/* Reads at most n bytes; *got is less only at the end. */
static pg_status read_some(idx_file *f, void *out, size_t n, size_t *got,
                           pg_error *err)
{
    pg_status status;
    if (f->is_packed) {
        status = pg_gzip_read(&f->gzip, out, n, got, err);
    } else {
        uint64_t left = f->length - f->at;
        *got = left < n ? (size_t)left : n;
        status = pg_input_read_at(f->file, f->path, out, f->at, *got, err);
    }
    f->at += *got;
    return status;
}

static pg_status read_bytes(void *context, void *out, size_t n, pg_error *err)
{
    idx_file *f = context;
    size_t got;
    uint64_t before = f->at;
    pg_status status = read_some(f, out, n, &got, err);
    if (status == PG_OK && got < n)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: it ends after %" PRIu64 " bytes%s, and %" PRIu64
                       " were expected",
                       f->path, f->at, f->is_packed ? " of unpacked data" : "",
                       before + n);
    return status;
}

static pg_status skip_bytes(void *context, uint64_t n, pg_error *err)
{
    enum { PIECE = 1 << 16 };
    idx_file *f = context;
    if (!f->is_packed) { /* the length was checked */
        f->at += n;
        return PG_OK;
    }
    void *unused = pg_malloc(PIECE);
    if (!unused)
        return pg_fail_memory(err, PIECE);
    pg_status status = PG_OK;
    for (size_t piece; n > 0 && status == PG_OK; n -= piece) {
        piece = n < PIECE ? (size_t)n : PIECE;
        status = read_bytes(f, unused, piece, err);
    }
    pg_free(unused, PIECE);
    return status;
}

static void close_file(idx_file *f)
{
    pg_gzip_close(&f->gzip);
    fclose(f->file);
}

/* Opens a file, and reads its first bytes; *got of them. */
static pg_status open_file(idx_file *f, unsigned char first[MAGIC], size_t *got,
                           const char *path, pg_error *err)
{
    memset(f, 0, sizeof *f);
    f->path = path;
    *got = 0;
    pg_status status = pg_input_open(&f->file, &f->length, path, err);
    if (status != PG_OK)
        return status;
    status = read_some(f, first, MAGIC, got, err);
    if (status == PG_OK && *got >= PG_GZIP_MAGIC && pg_gzip_is_magic(first)) {
        f->at = 0;
        *got = 0;
        status = pg_gzip_open(&f->gzip, f->file, f->length, path, err);
        f->is_packed = status == PG_OK;
        if (status == PG_OK)
            status = read_some(f, first, MAGIC, got, err);
    }
    if (status != PG_OK)
        close_file(f);
    return status;
}

/* --- the header ----------------------------------------------------------- */

static bool is_magic(const unsigned char *first, size_t n)
{
    return n == MAGIC && first[0] == 0 && first[1] == 0 &&
           first[2] >= LEAST_TYPE && first[2] <= MOST_TYPE;
}

pg_status pg_idx_test(bool *is_idx, const char *path, pg_error *err)
{
    idx_file f;
    unsigned char first[MAGIC] = {0};
    size_t n;
    *is_idx = false;
    pg_status status = open_file(&f, first, &n, path, err);
    if (status != PG_OK)
        return status;
    *is_idx = is_magic(first, n);
    close_file(&f);
    return PG_OK;
}

static bool dtype_of(pg_dtype *dtype, unsigned type)
{
    static const struct {
        unsigned type;
        pg_dtype dtype;
    } types[] = {{0x08, PG_UINT8}, {0x09, PG_INT8},    {0x0b, PG_INT16},
                 {0x0c, PG_INT32}, {0x0d, PG_FLOAT32}, {0x0e, PG_FLOAT64}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type) {
            *dtype = types[i].dtype;
            return true;
        }
    return false;
}

/* Reads the lengths of the axes behind the magic. */
static pg_status read_header(pg_npy_header *h, const unsigned char *magic,
                             idx_file *f, pg_error *err)
{
    unsigned char lengths[PG_MAXDIM][LENGTH];
    memset(h, 0, sizeof *h);
    if (!dtype_of(&h->dtype, magic[2]))
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: IDX has no type 0x%02x: 0x08, 0x09, 0x0b to "
                       "0x0e were expected",
                       f->path, magic[2]);
    if (magic[3] > PG_MAXDIM)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: an IDX array of rank %d, and arrays have at "
                       "most %d",
                       f->path, magic[3], PG_MAXDIM);
    h->ndim = magic[3];
    h->is_swapped = pg_dtype_size(h->dtype) > 1 &&
                    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    h->bytes = MAGIC + LENGTH * (uint64_t)h->ndim;
    pg_status status = read_bytes(f, lengths, LENGTH * (size_t)h->ndim, err);
    for (int i = 0; i < h->ndim && status == PG_OK; i++) {
        const unsigned char *l = lengths[i];
        h->shape[i] =
            (size_t)l[0] << 24 | (size_t)l[1] << 16 | (size_t)l[2] << 8 | l[3];
    }
    return status;
}

/* Checks that the file has the elements of the shape: exactly, or where they
   are packed, at most as many as its bytes can unpack to. */
static pg_status check_length(const pg_npy_header *h, const idx_file *f,
                              pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    size_t bytes = pg_dtype_size(h->dtype);
    bool fits = true, empty = false;
    for (int i = 0; i < h->ndim; i++) {
        empty = empty || h->shape[i] == 0;
        fits = fits && pg_size_multiply(&bytes, bytes, h->shape[i]);
    }
    if (empty)
        bytes = 0;
    else if (!fits)
        bytes = SIZE_MAX;
    pg_shape_text_of(text, h->ndim, h->shape);
    if (f->is_packed)
        return bytes / PG_GZIP_RATIO <= f->length
                   ? PG_OK
                   : pg_fail(err, PG_EFORMAT,
                             "%.500s: %s of shape %s is claimed, more than its "
                             "%" PRIu64 " bytes can unpack to",
                             f->path, pg_dtype_name(h->dtype), text, f->length);
    uint64_t found = f->length - h->bytes;
    if (bytes == found)
        return PG_OK;
    if (!empty && !fits)
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: shape %s claims more than any file holds",
                       f->path, text);
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: %zu bytes of data expected for %s of shape %s, "
                   "found %" PRIu64,
                   f->path, bytes, pg_dtype_name(h->dtype), text, found);
}

/* --- loading -------------------------------------------------------------- */

/* Checks that packed data end where the elements do, which checks their CRC-32.
   Some rows end before, so the rest is read as well. */
static pg_status check_end(idx_file *f, const pg_npy_header *h, pg_error *err)
{
    size_t bytes = pg_dtype_size(h->dtype), got;
    char surplus;
    for (int i = 0; i < h->ndim; i++)
        bytes *= h->shape[i];
    pg_status status = skip_bytes(f, h->bytes + bytes - f->at, err);
    if (status == PG_OK)
        status = read_some(f, &surplus, 1, &got, err);
    if (status == PG_OK && got > 0) {
        char text[PG_SHAPE_TEXT];
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: %zu bytes of data expected for %s of shape "
                       "%s, found more",
                       f->path, bytes, pg_dtype_name(h->dtype),
                       pg_shape_text_of(text, h->ndim, h->shape));
    }
    return status;
}

static pg_status load(pg_array *out, idx_file *f, const unsigned char *magic,
                      const pg_rows_range *rows, const pg_load_options *options,
                      pg_error *err)
{
    pg_npy_header h;
    pg_source source = {.read = read_bytes,
                        .skip = skip_bytes,
                        .context = f,
                        .length = f->length,
                        .name = f->path};
    pg_status status = read_header(&h, magic, f, err);
    if (status == PG_OK)
        status = check_length(&h, f, err);
    if (status != PG_OK)
        return status;
    if (options->map && f->is_packed)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: packed elements are not mapped: gunzip unpacks "
                       "the file",
                       f->path);
    if (options->map && pg_npy_may_map(&h, h.bytes))
        return pg_npy_map(out, &h, rows, f->file, h.bytes, f->path, err);
    status =
        pg_npy_read_elements(out, &h, rows, options->max_bytes, &source, err);
    if (status == PG_OK && f->is_packed && (!rows || options->check)) {
        status = check_end(f, &h, err);
        if (status != PG_OK)
            pg_array_release(out);
    }
    return status;
}

pg_status pg_idx_load(pg_array *out, const char *path,
                      const pg_rows_range *rows, const pg_load_options *options,
                      pg_error *err)
{
    idx_file f;
    unsigned char magic[MAGIC] = {0};
    size_t n;
    memset(out, 0, sizeof *out);
    pg_status status = open_file(&f, magic, &n, path, err);
    if (status != PG_OK)
        return status;
    if (is_magic(magic, n)) {
        status = load(out, &f, magic, rows, options, err);
    } else {
        const char *kind = pg_file_kind(magic, n);
        status = pg_fail(err, PG_EFORMAT, "%.600s: not an IDX file%s%s", path,
                         kind ? ", but " : "", kind ? kind : "");
    }
    close_file(&f);
    return status;
}
