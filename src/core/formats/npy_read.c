/* Elements of NPY files: all of them, or some rows, read or mapped. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "array/index.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "io/input.h"
#include "formats/npy.h"

/* --- the array in memory -------------------------------------------------- */

/* Bytes of the array in memory; SIZE_MAX for more than that. */
static size_t memory_bytes(const pg_npy_header *h)
{
    size_t bytes = pg_dtype_size(h->dtype);
    for (int i = 0; i < h->ndim; i++)
        if (!pg_size_multiply(&bytes, bytes, h->shape[i]))
            return SIZE_MAX;
    return bytes;
}

pg_status pg_npy_check_bytes(size_t *bytes, const pg_npy_header *h,
                             uint64_t most, const char *name, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    *bytes = memory_bytes(h);
    if (*bytes <= most)
        return PG_OK;
    return pg_fail(err, PG_EARG,
                   "%.500s: %s of shape %s takes %zu bytes, more than "
                   "max_bytes = %" PRIu64,
                   name, pg_dtype_name(h->dtype),
                   pg_shape_text_of(text, h->ndim, h->shape), *bytes, most);
}

/* The lengths of the axes in the file's order. */
static void file_shape(size_t *shape, const pg_npy_header *h)
{
    for (int i = 0; i < h->ndim; i++)
        shape[i] = h->shape[h->fortran_order ? h->ndim - 1 - i : i];
}

static void transpose(pg_array *a)
{
    pg_array rows = *a;
    pg_array_transpose_view(a, &rows);
    pg_array_release(&rows);
}

pg_status pg_npy_new(pg_array *out, const pg_npy_header *h, uint64_t most,
                     const char *name, pg_error *err)
{
    size_t shape[PG_MAXDIM], bytes;
    memset(out, 0, sizeof *out);
    pg_status status = pg_npy_check_bytes(&bytes, h, most, name, err);
    if (status != PG_OK)
        return status;
    file_shape(shape, h);
    status = pg_array_new(out, h->dtype, h->ndim, shape, err);
    if (status != PG_OK) {
        pg_error reason = *err;
        pg_fail(err, status, "%.500s: %.400s", name, reason.message);
    }
    return status;
}

/* --- conversion ----------------------------------------------------------- */

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
static float float_from_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000U) << 16;
    uint32_t exponent = half >> 10 & 0x1fU, fraction = half & 0x3ffU, bits;
    float value;
    if (exponent == 0) { /* zero, or a subnormal: fraction * 2^-24 */
        value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    if (exponent == 31)
        bits = sign | 0x7f800000U | fraction << 13;
    else
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* float16 is read into the upper half of the floats' memory, and widened from
   the front: no float overwrites a half before it is read. */
void *pg_npy_file_bytes(size_t *n, const pg_array *a, const pg_npy_header *h)
{
    *n = pg_array_size(a) * pg_npy_element_bytes(h);
    return (char *)a->data + (h->is_half ? *n : 0);
}

static void convert(const pg_array *a, const pg_npy_header *h)
{
    size_t bytes, n = pg_array_size(a);
    unsigned char *at = a->data;
    unsigned char *read = pg_npy_file_bytes(&bytes, a, h);
    if (h->is_swapped)
        pg_swap_bytes(read, n, pg_npy_element_bytes(h));
    if (h->is_half)
        PG_EACH (i, n) {
            uint16_t half;
            memcpy(&half, read + i * sizeof half, sizeof half);
            float value = float_from_half(half);
            memcpy(at + i * sizeof value, &value, sizeof value);
        }
    if (h->dtype == PG_BOOL)
        PG_EACH (i, n)
            at[i] = at[i] != 0; /* other bytes are no C bool */
}

pg_status pg_npy_end(pg_array *out, const pg_npy_header *h, pg_status status,
                     pg_error *err)
{
    if (status == PG_OK)
        convert(out, h);
    status = pg_array_end(out, status, err);
    if (status == PG_OK && h->fortran_order)
        transpose(out);
    return status;
}

/* --- rows ----------------------------------------------------------------- */

pg_status pg_npy_find_rows(size_t *first, pg_npy_header *h,
                           const pg_rows_range *rows, const char *name,
                           pg_error *err)
{
    pg_array all;
    pg_error reason;
    pg_index slice = PG_INDEX_ALL;
    *first = 0;
    if (!rows)
        return PG_OK;
    if (h->ndim == 0)
        return pg_fail(err, PG_ESHAPE, "%.500s: an array of rank 0 has no rows",
                       name);
    slice.has_first = slice.has_last = true;
    slice.first = rows->first;
    slice.last = rows->last;
    pg_array_borrow(&all, NULL, h->dtype, h->ndim, h->shape);
    pg_status status =
        pg_index_of_slice(first, &h->shape[0], &slice, &all, 0, &reason);
    if (status != PG_OK)
        return pg_fail(err, status,
                       "%.500s: rows %" PRId64 " to %" PRId64 ": %.300s", name,
                       rows->first, rows->last, reason.message);
    return PG_OK;
}

/* Rows of an array in the file: row by row, or in column-major order a part of
   each column. */
typedef struct parts {
    size_t count;
    size_t before, bytes, behind; /* of each: what is left out, and read */
} parts;

/* Reads short columns whole, many at a time: a call for each part would take
   longer, and the system reads whole pages. */
static pg_status read_columns(char *out, const parts *p, pg_source *s,
                              pg_error *err)
{
    enum { BUFFER = 1 << 16 };
    size_t column = p->before + p->bytes + p->behind;
    char *buffer = pg_malloc(BUFFER);
    if (!buffer)
        return pg_fail_memory(err, BUFFER);
    pg_status status = PG_OK;
    for (size_t i = 0, n; i < p->count && status == PG_OK; i += n) {
        n = pg_size_min(p->count - i, BUFFER / column);
        status = s->read(s->context, buffer, n * column, err);
        for (size_t k = 0; k < n && status == PG_OK; k++, out += p->bytes)
            memcpy(out, buffer + k * column + p->before, p->bytes);
    }
    pg_free(buffer, BUFFER);
    return status;
}

static pg_status read_parts(char *out, const parts *p, pg_source *s,
                            pg_error *err)
{
    pg_status status = PG_OK;
    for (size_t i = 0; i < p->count && status == PG_OK; i++) {
        size_t gap = p->before + (i > 0 ? p->behind : 0);
        if (gap > 0)
            status = s->skip(s->context, gap, err);
        if (status == PG_OK)
            status = s->read(s->context, out, p->bytes, err);
        out += p->bytes;
    }
    return status;
}

/* Reads rows `first` on, as many as `some` has, of the array `all`. */
static pg_status read_rows(void *out, const pg_npy_header *all,
                           const pg_npy_header *some, size_t first,
                           pg_source *s, pg_error *err)
{
    enum { PAGE = 4096 };
    size_t row = pg_npy_element_bytes(all), columns = 1;
    for (int i = 1; i < all->ndim; i++)
        columns *= all->shape[i];
    if (!all->fortran_order) {
        row *= columns;
        columns = 1;
    }
    parts p = {columns, first * row, some->shape[0] * row, 0};
    p.behind = all->shape[0] * row - p.before - p.bytes;
    if (columns == 0 || p.bytes == 0)
        return PG_OK;
    if (columns > 1 && p.before + p.bytes + p.behind <= PAGE)
        return read_columns(out, &p, s, err);
    return read_parts(out, &p, s, err);
}

pg_status pg_npy_read_elements(pg_array *out, const pg_npy_header *header,
                               const pg_rows_range *rows, uint64_t most,
                               pg_source *source, pg_error *err)
{
    pg_npy_header some = *header;
    size_t first, bytes;
    memset(out, 0, sizeof *out);
    pg_status status = pg_npy_find_rows(&first, &some, rows, source->name, err);
    if (status == PG_OK)
        status = pg_npy_new(out, &some, most, source->name, err);
    if (status != PG_OK)
        return status;
    void *read = pg_npy_file_bytes(&bytes, out, &some);
    if (rows)
        status = read_rows(read, header, &some, first, source, err);
    else
        status = source->read(source->context, read, bytes, err);
    return pg_npy_end(out, &some, status, err);
}

/* --- mapping -------------------------------------------------------------- */

bool pg_npy_may_map(const pg_npy_header *h, uint64_t at)
{
    size_t bytes = memory_bytes(h);
    return !h->is_half && !h->is_swapped && h->dtype != PG_BOOL && bytes > 0 &&
           at % pg_npy_element_bytes(h) == 0;
}

pg_status pg_npy_map(pg_array *out, const pg_npy_header *h,
                     const pg_rows_range *rows, FILE *file, uint64_t at,
                     const char *name, pg_error *err)
{
    pg_npy_header some = *h;
    size_t first, shape[PG_MAXDIM];
    pg_array all;
    memset(out, 0, sizeof *out);
    pg_status status = pg_npy_find_rows(&first, &some, rows, name, err);
    if (status != PG_OK)
        return status;
    file_shape(shape, h);
    status = pg_array_map(&all, fileno(file), at, h->dtype, h->ndim, shape,
                          name, err);
    if (status != PG_OK)
        return status;
    if (h->fortran_order)
        transpose(&all);
    if (rows)
        pg_array_rows_view(out, &all, first, some.shape[0]);
    else
        pg_array_view(out, &all);
    pg_array_release(&all);
    return PG_OK;
}

/* --- files ---------------------------------------------------------------- */

typedef struct npy_file {
    FILE *file;
    const char *path;
    uint64_t at;
} npy_file;

static pg_status read_file(void *context, void *out, size_t n, pg_error *err)
{
    npy_file *f = context;
    pg_status status = pg_input_read_at(f->file, f->path, out, f->at, n, err);
    f->at += n;
    return status;
}

/* Only to offsets within the file, which the header was checked for. */
static pg_status skip_file(void *context, uint64_t n, pg_error *err)
{
    npy_file *f = context;
    (void)err;
    f->at += n;
    return PG_OK;
}

pg_status pg_npy_load(pg_array *out, const char *path,
                      const pg_rows_range *rows, const pg_load_options *options,
                      pg_error *err)
{
    npy_file f = {.path = path};
    pg_npy_header header;
    pg_source source = {
        .read = read_file, .skip = skip_file, .context = &f, .name = path};
    memset(out, 0, sizeof *out);
    pg_status status = pg_input_open(&f.file, &source.length, path, err);
    if (status != PG_OK)
        return status;
    status = pg_npy_read_header(&header, &source, err);
    bool map = options->map && status == PG_OK &&
               pg_npy_may_map(&header, header.bytes);
    if (map)
        status =
            pg_npy_map(out, &header, rows, f.file, header.bytes, path, err);
    else if (status == PG_OK)
        status = pg_npy_read_elements(out, &header, rows, options->max_bytes,
                                      &source, err);
    fclose(f.file);
    return status;
}
