#include "io/png.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "io/input.h"
#include "io/output.h"
#include "io/png_chunks.h"
#include "base/memory.h"
#include "array/copy.h"

/* --- the library ---------------------------------------------------------- */

/* png_image of libpng 1.6. */
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
    FLAG_16_BITS_ARE_SRGB = 4, /* numbers of 16 bits mean what those of 8 do */
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

/* --- reading -------------------------------------------------------------- */

static pg_status fail_damaged(const libpng_image *image, const char *path,
                              pg_error *err)
{
    return pg_fail(err, PG_EFORMAT, "%.600s: not read as a PNG file: %.64s",
                   path, image->message);
}

static pg_status read_pixels(pg_array *out, const libpng *png,
                             libpng_image *image, const char *path,
                             pg_error *err)
{
    image->format &= FORMAT_ALPHA | FORMAT_COLOUR;
    image->flags |= FLAG_16_BITS_ARE_SRGB;
    size_t samples = (image->format & FORMAT_COLOUR ? 3U : 1U) +
                     (image->format & FORMAT_ALPHA ? 1U : 0U);
    size_t shape[] = {image->height, image->width, samples};
    pg_status status =
        pg_array_new(out, PG_UINT8, samples > 1 ? 3 : 2, shape, err);
    if (status == PG_OK && !png->finish_read(image, NULL, out->data, 0, NULL))
        status = fail_damaged(image, path, err);
    if (status != PG_OK)
        pg_array_release(out);
    return status;
}

/* What may be handed to libpng: before 1.6.51 it writes behind the end of the
   pixels where it makes 8 bits of an interlaced picture's 16
   (CVE-2025-65018). */
static pg_status check_file(const unsigned char *bytes, size_t n,
                            const char *path, pg_error *err)
{
    pg_png_header header;
    pg_status status = pg_png_chunks_check(&header, bytes, n, path, err);
    if (status == PG_OK && header.interlaced && header.bits > 8)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: an interlaced picture of 16 bits is not read: "
                       "save it without interlacing, or with 8 bits",
                       path);
    return status;
}

static pg_status decode(pg_array *out, const libpng *png,
                        const unsigned char *bytes, size_t n, const char *path,
                        pg_error *err)
{
    libpng_image image = {.version = IMAGE_VERSION};
    pg_status status = check_file(bytes, n, path, err);
    if (status != PG_OK)
        return status;
    if (png->begin_read(&image, bytes, n))
        status = read_pixels(out, png, &image, path, err);
    else
        status = fail_damaged(&image, path, err);
    png->free(&image);
    return status;
}

static pg_status load_file(pg_array *out, const libpng *png, FILE *file,
                           uint64_t length, const char *path, pg_error *err)
{
    size_t n = (size_t)length;
    unsigned char *bytes = pg_malloc(n);
    if (!bytes)
        return pg_fail_memory(err, n);
    pg_status status = pg_input_read(file, path, bytes, n, err);
    if (status == PG_OK)
        status = decode(out, png, bytes, n, path, err);
    pg_free(bytes, n);
    return status;
}

pg_status pg_png_load(pg_array *out, const char *path, pg_error *err)
{
    libpng png = {0};
    FILE *file;
    uint64_t length;
    memset(out, 0, sizeof *out);
    pg_status status = pg_input_open(&file, &length, path, err);
    if (status != PG_OK)
        return status;
    status = open_library(&png, err);
    if (status == PG_OK)
        status = load_file(out, &png, file, length, path, err);
    close_library(&png);
    fclose(file);
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

static uint32_t format_of(const pg_array *a)
{
    static const uint32_t formats[] = {0, FORMAT_ALPHA, FORMAT_COLOUR,
                                       FORMAT_COLOUR | FORMAT_ALPHA};
    return a->ndim == 3 ? formats[a->shape[2] - 1] : 0;
}

static pg_status write_file(const char *path, const libpng *png,
                            const pg_array *dense, pg_error *err)
{
    pg_output out;
    libpng_image image = {.version = IMAGE_VERSION,
                          .width = (uint32_t)dense->shape[1],
                          .height = (uint32_t)dense->shape[0],
                          .format = format_of(dense)};
    pg_status status = pg_output_open(&out, path, err);
    if (status != PG_OK)
        return status;
    errno = 0;
    if (png->write(&image, out.file, 0, dense->data, 0, NULL))
        return pg_output_commit(&out, err);
    status = errno ? pg_fail_system(err, path)
                   : pg_fail(err, PG_EIO, "%.600s: %.64s", path, image.message);
    png->free(&image);
    pg_output_discard(&out);
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
