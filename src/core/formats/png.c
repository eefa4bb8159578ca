/* PNG files: their chunks are checked here, their pixels decoded by libpng. */

#include "formats/png.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "array/copy.h"
#include "base/memory.h"
#include "io/crc32.h"
#include "io/file_kind.h"
#include "io/input.h"
#include "io/output.h"

/* --- the library ---------------------------------------------------------- */

/* libpng 1.6's png_image. */
typedef struct libpng_image {
    void *opaque;
    uint32_t version, width, height, format, flags, colormap_entries;
    uint32_t warning_or_error;
    char message[64];
} libpng_image;

enum {
    IMAGE_VERSION = 1,
    FORMAT_ALPHA = 1,
    FORMAT_COLOUR = 2,
    FLAG_16_BITS_ARE_SRGB = 4, /* with the gamma that 8 bits have */
};

typedef struct libpng {
    void *handle;
    int (*begin_read)(libpng_image *, const void *memory, size_t n);
    int (*finish_read)(libpng_image *, const void *background, void *pixels,
                       int32_t row, void *colormap);
    int (*write)(libpng_image *, FILE *, int to_8_bits, const void *pixels,
                 int32_t row, const void *colormap);
    void (*free)(libpng_image *);
} libpng;

/* ISO C has no cast from an object's pointer to a function's. */
static bool find(const libpng *png, void *function, const char *name)
{
    void *symbol = dlsym(png->handle, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void close_library(libpng *png)
{
    if (png->handle)
        dlclose(png->handle);
    png->handle = NULL;
}

static pg_status open_library(libpng *png, pg_error *err)
{
    png->handle = dlopen("libpng16.so.16", RTLD_NOW | RTLD_LOCAL);
    if (png->handle &&
        find(png, &png->begin_read, "png_image_begin_read_from_memory") &&
        find(png, &png->finish_read, "png_image_finish_read") &&
        find(png, &png->write, "png_image_write_to_stdio") &&
        find(png, &png->free, "png_image_free"))
        return PG_OK;
    close_library(png);
    return pg_fail(err, PG_EIO,
                   "PNG files need libpng 1.6: install Debian's package "
                   "libpng16-16");
}

pg_status pg_png_hold(void **library, pg_error *err)
{
    libpng png = {0};
    pg_status status = open_library(&png, err);
    *library = png.handle;
    return status;
}

void pg_png_drop(void *library)
{
    libpng png = {.handle = library};
    close_library(&png);
}

/* --- chunks ------------------------------------------------------------------

   Files are checked before libpng reads them: it asks for the memory that a
   header claims before it looks at the data, and ignores damage behind the last
   pixel. */

#define SIGNATURE "\x89PNG\r\n\x1a\n"

enum {
    SIGNATURE_BYTES = 8,
    NAME_BYTES = 4,
    FRAME_BYTES = 12, /* length, name and CRC of a chunk */
    HEADER_BYTES = 13,
    MOST_INFLATED = 1032, /* bytes that deflate makes at most of one */
    MOST_WIDENED = 64 << 20,
    PALETTE = 3, /* a colour type */
};

/* The fields of IHDR and of other chunks that are needed here; libpng checks
   the rest. */
typedef struct png_header {
    uint32_t width, height;
    unsigned bits; /* of a sample */
    unsigned type; /* of the colours */
    bool interlaced;
    bool transparent;  /* chunk tRNS adds alpha */
    uint64_t deflated; /* bytes of all IDAT chunks */
} png_header;

typedef struct png_chunk {
    const unsigned char *name; /* the data follow it */
    size_t length;             /* of the data */
} png_chunk;

static uint32_t number_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
           (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_named(const png_chunk *chunk, const char *name)
{
    return memcmp(chunk->name, name, NAME_BYTES) == 0;
}

/* Reads the chunk at *at, checks its CRC-32, and moves *at behind it. */
static pg_status next_chunk(png_chunk *chunk, const unsigned char *bytes,
                            size_t n, size_t *at, const char *path,
                            pg_error *err)
{
    if (n - *at < FRAME_BYTES)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: it ends at byte %zu, before chunk IEND", path,
                       n);
    *chunk = (png_chunk){bytes + *at + 4, number_at(bytes + *at)};
    if (chunk->length > n - *at - FRAME_BYTES)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: chunk %.4s at byte %zu claims %zu bytes, of "
                       "%zu that are left",
                       path, (const char *)chunk->name, *at, chunk->length,
                       n - *at - FRAME_BYTES);
    uint32_t crc = pg_crc32(0, chunk->name, NAME_BYTES + chunk->length);
    if (crc != number_at(chunk->name + NAME_BYTES + chunk->length))
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: chunk %.4s at byte %zu is damaged: its "
                       "checksum is another",
                       path, (const char *)chunk->name, *at);
    *at += FRAME_BYTES + chunk->length;
    return PG_OK;
}

/* The samples in a pixel of a colour type, in the file or after palettes are
   widened to colours; 0 for an unknown type, which libpng refuses later. */
static unsigned samples_of(unsigned type, bool widened)
{
    static const unsigned char samples[] = {1, 0, 3, 1, 2, 0, 4};
    if (type == PALETTE && widened)
        return 3;
    return type < sizeof samples ? samples[type] : 0;
}

/* PG_EFORMAT if the pixels that the header claims, packed or as they are
   returned, are more than the IDAT chunks can inflate to. As returned, at most
   MOST_WIDENED bytes are always allowed: the few bits of a palette's pixel
   become up to 32. */
static pg_status check_size(const png_header *h, const char *path,
                            pg_error *err)
{
    uint64_t most = h->deflated * MOST_INFLATED, packed, returned;
    uint64_t bits = (uint64_t)h->width * h->bits * samples_of(h->type, false);
    uint64_t row = (uint64_t)h->width *
                   (samples_of(h->type, true) + (h->transparent ? 1 : 0));
    if (__builtin_mul_overflow((bits + 7) / 8, (uint64_t)h->height, &packed) ||
        packed / MOST_INFLATED > h->deflated)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: %" PRIu32 " x %" PRIu32
                       " pixels are claimed, more than its %" PRIu64
                       " bytes of pixels can be",
                       path, h->width, h->height, h->deflated);
    if (__builtin_mul_overflow(row, (uint64_t)h->height, &returned) ||
        (returned > most && returned > MOST_WIDENED))
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: %" PRIu32 " x %" PRIu32
                       " pixels are claimed: as bytes, more than %d times "
                       "its %" PRIu64 " bytes of pixels and %d MB",
                       path, h->width, h->height, MOST_INFLATED, h->deflated,
                       MOST_WIDENED >> 20);
    return PG_OK;
}

/* Checks that bytes are a whole PNG file: all chunks up to IEND are there, with
   the right checksums, and their data can inflate to the pixels. */
static pg_status check_chunks(png_header *header, const unsigned char *bytes,
                              size_t n, const char *path, pg_error *err)
{
    png_chunk chunk = {0};
    char reader[PG_READER_TEXT];
    size_t at = SIGNATURE_BYTES;
    if (n < SIGNATURE_BYTES || memcmp(bytes, SIGNATURE, SIGNATURE_BYTES) != 0) {
        const char *kind =
            pg_file_kind(bytes, pg_size_min(n, PG_FILE_KIND_BYTES));
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: not a PNG file%s%s%s (it does not begin with "
                       "\\x89PNG)",
                       path, kind ? ", but " : "", kind ? kind : "",
                       pg_file_reader(reader, kind));
    }
    pg_status status = next_chunk(&chunk, bytes, n, &at, path, err);
    if (status != PG_OK)
        return status;
    if (!is_named(&chunk, "IHDR") || chunk.length != HEADER_BYTES)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: chunk IHDR of %d bytes was expected first, "
                       "found %.4s of %zu",
                       path, HEADER_BYTES, (const char *)chunk.name,
                       chunk.length);
    const unsigned char *data = chunk.name + NAME_BYTES;
    *header = (png_header){.width = number_at(data),
                           .height = number_at(data + 4),
                           .bits = data[8],
                           .type = data[9],
                           .interlaced = data[12] != 0};
    while (status == PG_OK && !is_named(&chunk, "IEND")) {
        status = next_chunk(&chunk, bytes, n, &at, path, err);
        if (status == PG_OK && is_named(&chunk, "IDAT"))
            header->deflated += chunk.length;
        if (status == PG_OK && is_named(&chunk, "tRNS"))
            header->transparent = true;
    }
    return status == PG_OK ? check_size(header, path, err) : status;
}

/* --- reading -------------------------------------------------------------- */

static pg_status fail_damaged(const libpng_image *image, const char *path,
                              pg_error *err)
{
    return pg_fail(err, PG_EFORMAT, "%.600s: not read as a PNG file: %.64s",
                   path, image->message);
}

/* The reading of a file: its path, limit and results. */
typedef struct picture {
    const char *path;
    size_t shape[PG_PNG_NDIM];
    pg_array *out; /* NULL: the shape alone */
    uint64_t max_bytes;
} picture;

static pg_status read_pixels(picture *p, const libpng *png, libpng_image *image,
                             pg_error *err)
{
    image->format &= FORMAT_ALPHA | FORMAT_COLOUR;
    image->flags |= FLAG_16_BITS_ARE_SRGB;
    size_t samples = (image->format & FORMAT_COLOUR ? 3U : 1U) +
                     (image->format & FORMAT_ALPHA ? 1U : 0U);
    p->shape[0] = image->height;
    p->shape[1] = image->width;
    p->shape[2] = samples;
    if (!p->out)
        return PG_OK;
    uint64_t bytes = (uint64_t)image->width * image->height * samples;
    if (bytes > p->max_bytes)
        return pg_fail(err, PG_EARG,
                       "%.600s: %" PRIu32 " x %" PRIu32 " pixels take %" PRIu64
                       " bytes, more than max_bytes = %" PRIu64,
                       p->path, image->width, image->height, bytes,
                       p->max_bytes);
    pg_status status =
        pg_array_new(p->out, PG_UINT8, samples > 1 ? 3 : 2, p->shape, err);
    if (status == PG_OK &&
        !png->finish_read(image, NULL, p->out->data, 0, NULL))
        status = fail_damaged(image, p->path, err);
    if (status != PG_OK)
        pg_array_release(p->out);
    return status;
}

static pg_status decode(picture *p, const libpng *png,
                        const unsigned char *bytes, size_t n, pg_error *err)
{
    libpng_image image = {.version = IMAGE_VERSION};
    png_header header = {0};
    pg_status status = check_chunks(&header, bytes, n, p->path, err);
    if (status != PG_OK)
        return status;
    /* Before 1.6.51, libpng writes behind the end of the pixels here
       (CVE-2025-65018). */
    if (header.interlaced && header.bits > 8)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: an interlaced picture of 16 bits is not read: "
                       "save it without interlacing, or with 8 bits",
                       p->path);
    if (png->begin_read(&image, bytes, n))
        status = read_pixels(p, png, &image, err);
    else
        status = fail_damaged(&image, p->path, err);
    png->free(&image);
    return status;
}

static pg_status read_picture(picture *p, pg_error *err)
{
    libpng png = {0};
    FILE *file;
    uint64_t length;
    unsigned char *bytes = NULL;
    pg_status status = pg_input_open(&file, &length, p->path, err);
    if (status != PG_OK)
        return status;
    size_t n = (size_t)length;
    status = open_library(&png, err);
    if (status == PG_OK) {
        bytes = pg_malloc(n);
        status = bytes ? pg_input_read(file, p->path, bytes, n, err)
                       : pg_fail_memory(err, n);
    }
    if (status == PG_OK)
        status = decode(p, &png, bytes, n, err);
    pg_free(bytes, n);
    close_library(&png);
    fclose(file);
    return status;
}

pg_status pg_png_load(pg_array *out, const char *path, uint64_t max_bytes,
                      pg_error *err)
{
    picture p = {.path = path, .out = out, .max_bytes = max_bytes};
    memset(out, 0, sizeof *out);
    return read_picture(&p, err);
}

pg_status pg_png_shape(size_t shape[PG_PNG_NDIM], const char *path,
                       pg_error *err)
{
    picture p = {.path = path};
    pg_status status = read_picture(&p, err);
    memcpy(shape, p.shape, sizeof p.shape);
    return status;
}

/* --- writing -------------------------------------------------------------- */

static pg_status check_picture(const pg_array *a, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    size_t samples = a->ndim == 3 ? a->shape[2] : 1;
    if (a->dtype != PG_UINT8)
        return pg_fail(err, PG_EDTYPE, "a PNG file takes uint8, not %s",
                       pg_dtype_name(a->dtype));
    if (a->ndim < 2 || a->ndim > 3 || samples < 1 || samples > 4)
        return pg_fail(err, PG_ESHAPE,
                       "a PNG file takes (height, width) or (height, width, "
                       "1 to 4), not %s",
                       pg_shape_text(text, a));
    /* libpng's simplified API writes 2^31 - 1 bytes a row, 4 GB in all. */
    if (pg_array_bytes(a) == 0 || pg_array_bytes(a) > UINT32_MAX ||
        a->shape[0] > INT32_MAX || a->shape[1] > INT32_MAX / samples)
        return pg_fail(err, PG_ESHAPE,
                       "a PNG file of 1 byte to 4 GB of pixels was expected, "
                       "found shape %s",
                       pg_shape_text(text, a));
    return PG_OK;
}

/* *bytes = the file, n bytes long, from malloc. */
static pg_status encode(char **bytes, size_t *n, const libpng *png,
                        const pg_array *dense, const char *path, pg_error *err)
{
    static const uint32_t formats[] = {0, FORMAT_ALPHA, FORMAT_COLOUR,
                                       FORMAT_COLOUR | FORMAT_ALPHA};
    size_t samples = dense->ndim == 3 ? dense->shape[2] : 1;
    libpng_image image = {.version = IMAGE_VERSION,
                          .width = (uint32_t)dense->shape[1],
                          .height = (uint32_t)dense->shape[0],
                          .format = formats[samples - 1]};
    FILE *memory = open_memstream(bytes, n);
    if (!memory)
        return pg_fail_system(err, path);
    errno = 0;
    bool written = png->write(&image, memory, 0, dense->data, 0, NULL) != 0;
    int error = errno;
    written = fclose(memory) == 0 && written;
    errno = error;
    pg_status status =
        written ? PG_OK
        : error ? pg_fail_system(err, path)
                : pg_fail(err, PG_EIO, "%.600s: %.64s", path, image.message);
    png->free(&image);
    return status;
}

static pg_status write_file(const char *path, const libpng *png,
                            const pg_array *dense, pg_error *err)
{
    char *bytes = NULL;
    size_t n = 0;
    pg_status status = encode(&bytes, &n, png, dense, path, err);
    if (status == PG_OK)
        status = pg_output_save(path, bytes, n, err);
    free(bytes);
    return status;
}

pg_status pg_png_save(const char *path, const pg_array *a, pg_error *err)
{
    libpng png = {0};
    pg_array dense = {0};
    pg_status status = check_picture(a, err);
    if (status == PG_OK)
        status = open_library(&png, err);
    if (status == PG_OK)
        status = pg_array_dense(&dense, a, err);
    if (status == PG_OK)
        status = write_file(path, &png, &dense, err);
    pg_array_release(&dense);
    close_library(&png);
    return status;
}
