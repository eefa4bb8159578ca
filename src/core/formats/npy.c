/* NPY files: the header that is read, and writing. */

#include "formats/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "array/copy.h"
#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "io/file_kind.h"
#include "io/input.h"
#include "formats/npy_dictionary.h"
#include "io/output.h"

static const char MAGIC[] = "\x93NUMPY";
enum {
    PREAMBLE = 10,          /* magic, version, a 2-byte length */
    ALIGNMENT = 64,         /* of the elements in the file */
    LONGEST_HEADER = 65536, /* by default, NumPy reads 10000 */
};

/* --- the header ----------------------------------------------------------- */

/* Reads magic and version, and *length, the dictionary's; sets h->bytes. */
static pg_status read_preamble(size_t *length, pg_npy_header *h, pg_source *s,
                               pg_error *err)
{
    unsigned char bytes[PG_NPY_MAGIC + 2 + 4] = {0};
    if (s->length < PREAMBLE)
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: %" PRIu64 " bytes are no NPY array", s->name,
                       s->length);
    pg_status status = s->read(s->context, bytes, PG_NPY_MAGIC + 2, err);
    if (status != PG_OK)
        return status;
    if (memcmp(bytes, MAGIC, PG_NPY_MAGIC) != 0) {
        const char *kind = pg_file_kind(bytes, PG_NPY_MAGIC + 2);
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: not an NPY array%s%s (it does not begin with "
                       "\\x93NUMPY)",
                       s->name, kind ? ", but " : "", kind ? kind : "");
    }
    unsigned version = bytes[PG_NPY_MAGIC], minor = bytes[PG_NPY_MAGIC + 1];
    if (version < 1 || version > 3 || minor != 0)
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: NPY version 1.0, 2.0 or 3.0 was expected, "
                       "found %u.%u",
                       s->name, version, minor);
    size_t width = version == 1 ? 2 : 4;
    status = s->read(s->context, bytes, width, err);
    *length = pg_bytes_get(bytes, width);
    h->bytes = PG_NPY_MAGIC + 2 + width + *length;
    return status;
}

size_t pg_npy_element_bytes(const pg_npy_header *h)
{
    return h->is_half ? sizeof(uint16_t) : pg_dtype_size(h->dtype);
}

/* PG_EFORMAT unless as many bytes follow the header as the shape needs, or
   more: NumPy ignores those. */
static pg_status check_length(const pg_npy_header *h, const pg_source *s,
                              pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    size_t bytes = pg_npy_element_bytes(h);
    bool fits = true, empty = false;
    for (int i = 0; i < h->ndim; i++) {
        empty = empty || h->shape[i] == 0;
        fits = fits && pg_size_multiply(&bytes, bytes, h->shape[i]);
    }
    uint64_t found = s->length - h->bytes;
    if (empty || (fits && bytes <= found))
        return PG_OK;
    pg_shape_text_of(text, h->ndim, h->shape);
    if (!fits)
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: shape %s claims more than any file holds",
                       s->name, text);
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: %zu bytes of data expected for shape %s, found "
                   "%" PRIu64,
                   s->name, bytes, text, found);
}

pg_status pg_npy_read_header(pg_npy_header *out, pg_source *source,
                             pg_error *err)
{
    size_t length = 0;
    memset(out, 0, sizeof *out);
    pg_status status = read_preamble(&length, out, source, err);
    if (status != PG_OK)
        return status;
    if (length > LONGEST_HEADER || out->bytes > source->length)
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: a header of %zu bytes is claimed, in %" PRIu64
                       " bytes (at most %d are read)",
                       source->name, length, source->length, LONGEST_HEADER);
    char *text = pg_malloc(length + 1);
    if (!text)
        return pg_fail_memory(err, length + 1);
    status = source->read(source->context, text, length, err);
    text[length] = '\0';
    if (status == PG_OK)
        status = pg_npy_parse_dictionary(out, text, length, source->name, err);
    pg_free(text, length + 1);
    return status == PG_OK ? check_length(out, source, err) : status;
}

/* --- writing -------------------------------------------------------------- */

enum { LARGEST_WRITTEN = 512 }; /* the longest header that rank 8 makes: 320 */

/* Makes the header; its length is a multiple of ALIGNMENT. */
static size_t make_header(char *header, const pg_array *a)
{
    char shape[PG_SHAPE_TEXT];
    int n = snprintf(header + PREAMBLE, LARGEST_WRITTEN - PREAMBLE,
                     "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                     pg_dtype_descr(a->dtype), pg_shape_text(shape, a));
    size_t used = PREAMBLE + (size_t)n + 1;
    size_t total = pg_size_divide_up(used, ALIGNMENT) * ALIGNMENT;
    memcpy(header, MAGIC, PG_NPY_MAGIC);
    header[PG_NPY_MAGIC] = 1;
    header[PG_NPY_MAGIC + 1] = 0;
    pg_bytes_put((unsigned char *)header + PG_NPY_MAGIC + 2, total - PREAMBLE,
                 2);
    memset(header + used - 1, ' ', total - used);
    header[total - 1] = '\n';
    return total;
}

uint64_t pg_npy_length(const pg_array *a)
{
    char header[LARGEST_WRITTEN];
    return make_header(header, a) + pg_array_bytes(a);
}

pg_status pg_npy_write(pg_sink *sink, const pg_array *a, pg_error *err)
{
    char header[LARGEST_WRITTEN];
    pg_array dense;
    pg_status status =
        sink->write(sink->context, header, make_header(header, a), err);
    if (status != PG_OK)
        return status;
    status = pg_array_little_endian(&dense, a, err);
    if (status == PG_OK)
        status = sink->write(sink->context, dense.data, pg_array_bytes(a), err);
    pg_array_release(&dense);
    return status;
}

/* --- files ---------------------------------------------------------------- */

bool pg_npy_is_magic(const char first[PG_NPY_MAGIC])
{
    return memcmp(first, MAGIC, PG_NPY_MAGIC) == 0;
}

pg_status pg_npy_test(bool *is_npy, const char *path, pg_error *err)
{
    FILE *file;
    uint64_t length;
    char magic[PG_NPY_MAGIC] = {0};
    pg_status status = pg_input_open(&file, &length, path, err);
    if (status != PG_OK)
        return status;
    if (length >= sizeof magic)
        status = pg_input_read(file, path, magic, sizeof magic, err);
    *is_npy = pg_npy_is_magic(magic);
    fclose(file);
    return status;
}

static pg_status write_output(void *context, const void *data, size_t n,
                              pg_error *err)
{
    return pg_output_write(context, data, n, err);
}

pg_status pg_npy_save(const char *path, const pg_array *a, pg_error *err)
{
    pg_output output;
    pg_sink sink = {write_output, &output};
    pg_status status = pg_output_open(&output, path, err);
    if (status != PG_OK)
        return status;
    status = pg_npy_write(&sink, a, err);
    if (status == PG_OK)
        return pg_output_commit(&output, err);
    pg_output_discard(&output);
    return status;
}
