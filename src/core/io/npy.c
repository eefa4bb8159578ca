/* NPY files: the header, the elements, and files of one array. */

#include "io/npy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array/copy.h"
#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "io/file_kind.h"
#include "io/input.h"
#include "io/output.h"

static const char MAGIC[] = "\x93NUMPY";
enum {
    MAGIC_BYTES = 6,
    PREAMBLE = 10,          /* magic, version, a 2-byte length */
    ALIGNMENT = 64,         /* of the elements in the file */
    LONGEST_HEADER = 65536, /* by default, NumPy reads 10000 */
};

/* --- the dictionary ----------------------------------------------------------

   A parser of the Python literals that the dictionary needs. Each function
   reads at the position *at of the text; if it returns true, *at is behind the
   text that it has read. */

static void skip_space(const char **at)
{
    *at += strspn(*at, " \t\n\v\f\r");
}

static bool accept(const char **at, const char *token)
{
    skip_space(at);
    size_t n = strlen(token);
    if (strncmp(*at, token, n) != 0)
        return false;
    *at += n;
    return true;
}

static bool read_string(const char **at, char *out, size_t room)
{
    skip_space(at);
    char quote = **at;
    if (quote != '\'' && quote != '"')
        return false;
    const char *begin = ++*at, *end = strchr(begin, quote);
    if (!end || (size_t)(end - begin) >= room)
        return false;
    memcpy(out, begin, (size_t)(end - begin));
    out[end - begin] = '\0';
    *at = end + 1;
    return true;
}

static bool read_length(const char **at, size_t *length)
{
    skip_space(at);
    if (**at < '0' || **at > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(*at, &end, 10);
    *length = (size_t)value;
    *at = end;
    accept(at, "L"); /* of Python 2 */
    return errno == 0 && value <= PTRDIFF_MAX;
}

/* (), (3,), (3, 4) */
static bool read_shape(const char **at, pg_npy_header *h)
{
    h->ndim = 0;
    if (!accept(at, "("))
        return false;
    while (!accept(at, ")")) {
        if (h->ndim == PG_MAXDIM || !read_length(at, &h->shape[h->ndim++]))
            return false;
        if (!accept(at, ",") && (h->ndim == 1 || **at != ')'))
            return false;
    }
    return true;
}

/* '<f8': byte order, kind, bytes. */
static bool parse_descr(pg_npy_header *h, const char *descr)
{
    if (!*descr || !strchr("<>|=", *descr))
        return false;
    h->is_swapped =
        *descr == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '>' : '<');
    PG_EXPECT_FLOATS(2); /* float16 is read as float32 */
    h->is_half = strcmp(descr + 1, "f2") == 0;
    h->dtype = PG_FLOAT32;
    for (int d = 0; d < PG_DTYPE_COUNT; d++)
        if (strcmp(descr + 1, pg_dtype_descr((pg_dtype)d) + 1) == 0) {
            h->dtype = (pg_dtype)d;
            return true;
        }
    return h->is_half;
}

/* The length of the value at the start of text: up to the closing quote of a
   string, else up to the first comma outside of brackets. */
static size_t value_length(const char *text)
{
    if (*text == '\'' || *text == '"')
        return strcspn(text + 1, *text == '"' ? "\"" : "'") + 2;
    size_t n = 0;
    for (int depth = 0; text[n] && (depth > 0 || !strchr(",}", text[n])); n++) {
        depth += text[n] == '[' || text[n] == '(';
        depth -= text[n] == ']' || text[n] == ')';
    }
    return n;
}

/* The end of a message about a dtype that is not read: the NumPy expression
   that makes one that is. */
static const char *dtype_hint(const char *descr)
{
    switch (*descr && strchr("<>|=", *descr) ? descr[1] : *descr) {
    case 'U':
    case 'S':
    case 'a':
        return "; names, labels = np.unique(texts, return_inverse=True) makes "
               "labels from 0 of texts";
    case 'O':
        return "; a.astype(float) makes numbers of Python objects that are "
               "some";
    case 'c':
    case 'F':
    case 'D':
        return "; a.real and a.imag are float arrays";
    case 'M':
    case 'm':
        return "; a.astype(np.int64) makes integers of times";
    case 'V':
    case '[':
        return "; a['name'] is one field of a structured array";
    case 'g':
    case 'f':
        return "; a.astype(np.float64) makes it one of them";
    default:
        return "";
    }
}

static pg_status read_descr(const char **at, pg_npy_header *h,
                            const pg_source *s, pg_error *err)
{
    char descr[64] = "";
    const char *value = *at;
    if (read_string(at, descr, sizeof descr) && parse_descr(h, descr))
        return PG_OK;
    skip_space(&value); /* the value may be a list of fields */
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: arrays of dtype %.*s are not read (bool, "
                   "integers, float16, float32 and float64 are)%s",
                   s->name, (int)pg_size_min(value_length(value), 200), value,
                   dtype_hint(*value == '[' ? value : descr));
}

/* Parses a text that has each of the three keys once, and nothing else. */
static pg_status parse_dictionary(pg_npy_header *h, const char *text,
                                  size_t length, const pg_source *s,
                                  pg_error *err)
{
    enum { DESCR = 1, ORDER = 2, SHAPE = 4 };
    const char *at = text;
    int seen = 0;
    bool good = accept(&at, "{");
    while (good && !accept(&at, "}")) {
        char key[32];
        int found = 0;
        good = read_string(&at, key, sizeof key) && accept(&at, ":");
        if (good && strcmp(key, "descr") == 0) {
            pg_status status = read_descr(&at, h, s, err);
            if (status != PG_OK)
                return status;
            found = DESCR;
        } else if (good && strcmp(key, "fortran_order") == 0) {
            h->fortran_order = accept(&at, "True");
            good = h->fortran_order || accept(&at, "False");
            found = ORDER;
        } else if (good && strcmp(key, "shape") == 0) {
            good = read_shape(&at, h);
            found = SHAPE;
        }
        good = good && found && !(seen & found);
        seen |= found;
        skip_space(&at);
        good = good && (accept(&at, ",") || *at == '}');
    }
    skip_space(&at);
    if (good && at == text + length && seen == (DESCR | ORDER | SHAPE))
        return PG_OK;
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: an NPY header with 'descr', 'fortran_order' and "
                   "'shape' (rank at most %d) was expected, found: %.200s",
                   s->name, PG_MAXDIM, text);
}

/* --- the header ----------------------------------------------------------- */

/* Reads magic and version, and *length, the dictionary's; sets h->bytes. */
static pg_status read_preamble(size_t *length, pg_npy_header *h, pg_source *s,
                               pg_error *err)
{
    unsigned char bytes[MAGIC_BYTES + 2 + 4] = {0};
    if (s->length < PREAMBLE)
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: %" PRIu64 " bytes are no NPY array", s->name,
                       s->length);
    pg_status status = s->read(s->context, bytes, MAGIC_BYTES + 2, err);
    if (status != PG_OK)
        return status;
    if (memcmp(bytes, MAGIC, MAGIC_BYTES) != 0) {
        const char *kind = pg_file_kind(bytes, MAGIC_BYTES + 2);
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: not an NPY array%s%s (it does not begin with "
                       "\\x93NUMPY)",
                       s->name, kind ? ", but " : "", kind ? kind : "");
    }
    unsigned version = bytes[MAGIC_BYTES];
    if (version < 1 || version > 3)
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: NPY version 1, 2 or 3 was expected, found %u",
                       s->name, version);
    size_t width = version == 1 ? 2 : 4;
    status = s->read(s->context, bytes, width, err);
    *length = pg_bytes_get(bytes, width);
    h->bytes = MAGIC_BYTES + 2 + width + *length;
    return status;
}

/* Bytes of an element in the file. */
static size_t element_bytes(const pg_npy_header *h)
{
    return h->is_half ? sizeof(uint16_t) : pg_dtype_size(h->dtype);
}

/* PG_EFORMAT unless as many bytes follow the header as the shape needs. */
static pg_status check_length(const pg_npy_header *h, const pg_source *s,
                              pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    size_t bytes = element_bytes(h);
    bool fits = true, empty = false;
    for (int i = 0; i < h->ndim; i++) {
        empty = empty || h->shape[i] == 0;
        fits = fits && pg_size_multiply(&bytes, bytes, h->shape[i]);
    }
    uint64_t found = s->length - h->bytes;
    if (empty ? found == 0 : fits && bytes == found)
        return PG_OK;
    pg_shape_text_of(text, h->ndim, h->shape);
    if (!fits && !empty)
        return pg_fail(err, PG_EFORMAT,
                       "%.500s: shape %s claims more than any file holds",
                       s->name, text);
    return pg_fail(err, PG_EFORMAT,
                   "%.500s: %zu bytes of data expected for shape %s, found "
                   "%" PRIu64,
                   s->name, empty ? 0 : bytes, text, found);
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
        status = parse_dictionary(out, text, length, source, err);
    pg_free(text, length + 1);
    return status == PG_OK ? check_length(out, source, err) : status;
}

/* --- the elements --------------------------------------------------------- */

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

/* Reads float16 into the upper half of the floats' memory, and widens them from
   the front: no float overwrites a half before it is read. */
static pg_status read_elements(const pg_array *a, const pg_npy_header *h,
                               pg_source *s, pg_error *err)
{
    size_t n = pg_array_size(a), size = element_bytes(h);
    unsigned char *bytes = a->data;
    unsigned char *elements = bytes + (h->is_half ? n * size : 0);
    pg_status status = s->read(s->context, elements, n * size, err);
    if (status != PG_OK)
        return status;
    if (h->is_swapped)
        pg_swap_bytes(elements, n, size);
    if (h->is_half)
        PG_EACH (i, n) {
            uint16_t half;
            memcpy(&half, elements + i * sizeof half, sizeof half);
            float value = float_from_half(half);
            memcpy(bytes + i * sizeof value, &value, sizeof value);
        }
    if (h->dtype == PG_BOOL)
        PG_EACH (i, n)
            bytes[i] = bytes[i] != 0; /* other bytes are no C bool */
    return PG_OK;
}

/* Elements in column-major order are the transpose's in row-major order. */
pg_status pg_npy_read(pg_array *out, pg_source *source, pg_error *err)
{
    pg_npy_header h;
    size_t shape[PG_MAXDIM];
    memset(out, 0, sizeof *out);
    pg_status status = pg_npy_read_header(&h, source, err);
    if (status != PG_OK)
        return status;
    for (int i = 0; i < h.ndim; i++)
        shape[i] = h.shape[h.fortran_order ? h.ndim - 1 - i : i];
    status = pg_array_new(out, h.dtype, h.ndim, shape, err);
    if (status == PG_OK)
        status = read_elements(out, &h, source, err);
    status = pg_unless_interrupted(status, err);
    if (status == PG_OK && h.fortran_order) {
        pg_array rows = *out;
        pg_array_transpose_view(out, &rows);
        pg_array_release(&rows);
    }
    if (status != PG_OK)
        pg_array_release(out);
    return status;
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
    memcpy(header, MAGIC, MAGIC_BYTES);
    header[MAGIC_BYTES] = 1;
    header[MAGIC_BYTES + 1] = 0;
    pg_bytes_put((unsigned char *)header + MAGIC_BYTES + 2, total - PREAMBLE,
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

typedef struct npy_file {
    FILE *file;
    const char *path;
} npy_file;

static pg_status read_file(void *context, void *out, size_t n, pg_error *err)
{
    npy_file *f = context;
    return pg_input_read(f->file, f->path, out, n, err);
}

pg_status pg_npy_test(bool *is_npy, const char *path, pg_error *err)
{
    FILE *file;
    uint64_t length;
    char magic[MAGIC_BYTES] = {0};
    pg_status status = pg_input_open(&file, &length, path, err);
    if (status != PG_OK)
        return status;
    if (length >= sizeof magic)
        status = pg_input_read(file, path, magic, sizeof magic, err);
    *is_npy = memcmp(magic, MAGIC, sizeof magic) == 0;
    fclose(file);
    return status;
}

pg_status pg_npy_load(pg_array *out, const char *path, pg_error *err)
{
    npy_file f = {.path = path};
    pg_source source = {.read = read_file, .context = &f, .name = path};
    memset(out, 0, sizeof *out);
    pg_status status = pg_input_open(&f.file, &source.length, path, err);
    if (status != PG_OK)
        return status;
    status = pg_npy_read(out, &source, err);
    fclose(f.file);
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
