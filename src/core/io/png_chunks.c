#include "io/png_chunks.h"

#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "io/file_kind.h"

#define SIGNATURE "\x89PNG\r\n\x1a\n"

enum {
    SIGNATURE_BYTES = 8,
    NAME_BYTES = 4,
    FRAME_BYTES = 12, /* length, name and CRC of a chunk */
    HEADER_BYTES = 13,
    MOST_INFLATED = 1032, /* deflate makes at most so many bytes of one */
    MOST_WIDENED = 64 << 20,
    PALETTE = 3, /* a type of colours */
};

typedef struct png_chunk {
    const unsigned char *name; /* and the data behind it */
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

static uint32_t checksum(const png_chunk *chunk)
{
    uLong crc =
        crc32_z(crc32_z(0, NULL, 0), chunk->name, NAME_BYTES + chunk->length);
    return (uint32_t)crc;
}

/* The chunk that begins at *at, which then is where the next one does. */
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
    if (checksum(chunk) != number_at(chunk->name + NAME_BYTES + chunk->length))
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: chunk %.4s at byte %zu is damaged: its "
                       "checksum is another",
                       path, (const char *)chunk->name, *at);
    *at += FRAME_BYTES + chunk->length;
    return PG_OK;
}

/* The numbers of a pixel of a colour type, in the file or once palettes
   are widened to colours; 0 for no type, which libpng refuses. */
static unsigned samples_of(unsigned type, bool widened)
{
    static const unsigned char samples[] = {1, 0, 3, 1, 2, 0, 4};
    if (type == PALETTE && widened)
        return 3;
    return type < sizeof samples ? samples[type] : 0;
}

/* The pixels that the header claims, deflated and as they are returned, against
   the bytes of the IDAT chunks. Few bits of a palette's are returned as up to
   32: that is taken for a picture up to a size which no memory lacks. */
static pg_status check_size(const pg_png_header *h, const char *path,
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

static pg_status read_header(pg_png_header *header, const png_chunk *chunk,
                             const char *path, pg_error *err)
{
    const unsigned char *data = chunk->name + NAME_BYTES;
    if (!is_named(chunk, "IHDR") || chunk->length != HEADER_BYTES)
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: chunk IHDR of %d bytes was expected first, "
                       "found %.4s of %zu",
                       path, HEADER_BYTES, (const char *)chunk->name,
                       chunk->length);
    *header = (pg_png_header){.width = number_at(data),
                              .height = number_at(data + 4),
                              .bits = data[8],
                              .type = data[9],
                              .interlaced = data[12] != 0};
    return PG_OK;
}

pg_status pg_png_chunks_check(pg_png_header *header, const unsigned char *bytes,
                              size_t n, const char *path, pg_error *err)
{
    png_chunk chunk = {0};
    size_t at = SIGNATURE_BYTES;
    if (n < SIGNATURE_BYTES || memcmp(bytes, SIGNATURE, SIGNATURE_BYTES) != 0) {
        const char *kind =
            pg_file_kind(bytes, pg_size_min(n, PG_FILE_KIND_BYTES));
        return pg_fail(err, PG_EFORMAT,
                       "%.600s: not a PNG file%s%s (it does not begin with "
                       "\\x89PNG)",
                       path, kind ? ", but " : "", kind ? kind : "");
    }
    pg_status status = next_chunk(&chunk, bytes, n, &at, path, err);
    if (status == PG_OK)
        status = read_header(header, &chunk, path, err);
    while (status == PG_OK && !is_named(&chunk, "IEND")) {
        status = next_chunk(&chunk, bytes, n, &at, path, err);
        if (status == PG_OK && is_named(&chunk, "IDAT"))
            header->deflated += chunk.length;
        if (status == PG_OK && is_named(&chunk, "tRNS"))
            header->transparent = true;
    }
    return status == PG_OK ? check_size(header, path, err) : status;
}
