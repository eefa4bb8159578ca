/* Mutations of PNG files: of chunks, of pixels before they are deflated, and of
   any bytes; the chunks' CRC-32s are mostly made anew. */

#include <string.h>
#include <zlib.h>

#include "mutator.h"

enum {
    SIGNATURE = 8,
    FRAME = 12, /* length, name and CRC of a chunk */
    MOST_CHUNKS = 64,
    MOST_PIXELS = 1 << 14,
};

typedef struct chunk {
    size_t at, n; /* the frame's offset and the bytes of its data */
} chunk;

static uint32_t get32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
           (uint32_t)data[2] << 8 | data[3];
}

static void put32(uint8_t *data, uint32_t value)
{
    for (int i = 4; i-- > 0; value >>= 8)
        data[i] = (uint8_t)value;
}

/* Lists the chunks up to the first that runs beyond the end. */
static size_t find_chunks(chunk *chunks, const uint8_t *data, size_t n)
{
    size_t count = 0, at = SIGNATURE;
    while (count < MOST_CHUNKS && n >= FRAME && at <= n - FRAME) {
        size_t length = get32(data + at);
        if (length > n - at - FRAME)
            break;
        chunks[count++] = (chunk){at, length};
        at += FRAME + length;
    }
    return count;
}

static void mend_checksums(uint8_t *data, size_t n)
{
    chunk chunks[MOST_CHUNKS];
    size_t count = find_chunks(chunks, data, n);
    for (size_t i = 0; i < count; i++) {
        uint8_t *name = data + chunks[i].at + 4;
        put32(name + 4 + chunks[i].n,
              (uint32_t)crc32(0, name, (uInt)(4 + chunks[i].n)));
    }
}

/* Makes room for, or takes away, bytes behind `at`; returns the new length, or
   0 if that is more than room. */
static size_t resize(uint8_t *data, size_t n, size_t room, size_t at,
                     size_t old, size_t new)
{
    if (n - old + new > room)
        return 0;
    memmove(data + at + new, data + at + old, n - at - old);
    return n - old + new;
}

/* Replaces a chunk's data; returns the new length. */
static size_t replace_data(uint8_t *data, size_t n, size_t room, chunk c,
                           const uint8_t *bytes, size_t length)
{
    size_t new = resize(data, n, room, c.at + 8, c.n, length);
    if (!new)
        return n;
    memcpy(data + c.at + 8, bytes, length);
    put32(data + c.at, (uint32_t)length);
    return new;
}

/* Mutates the pixels of an IDAT chunk before they are deflated. */
static size_t change_pixels(uint8_t *data, size_t n, size_t room, chunk c)
{
    static uint8_t pixels[MOST_PIXELS], packed[MOST_PIXELS];
    size_t count =
        mutator_inflate(pixels, sizeof pixels, data + c.at + 8, c.n, MAX_WBITS);
    count = LLVMFuzzerMutate(pixels, count, sizeof pixels);
    count = mutator_deflate(packed, sizeof packed, pixels, count, MAX_WBITS);
    return count ? replace_data(data, n, room, c, packed, count) : n;
}

static size_t change_data(uint8_t *data, size_t n, size_t room, chunk c)
{
    static uint8_t bytes[MOST_PIXELS];
    size_t length = c.n < sizeof bytes ? c.n : sizeof bytes;
    memcpy(bytes, data + c.at + 8, length);
    length = LLVMFuzzerMutate(bytes, length, sizeof bytes);
    return replace_data(data, n, room, c, bytes, length);
}

/* Changes a field of IHDR: width, height, bits, colours, interlacing. */
static void change_header(uint8_t *data, chunk c)
{
    static const uint8_t bits[] = {1, 2, 4, 8, 16, 8, 3, 0};
    uint8_t *header = data + c.at + 8;
    if (c.n < 13)
        return;
    switch (mutator_random(5)) {
    case 0:
        put32(header + 4 * mutator_random(2), (uint32_t)mutator_random(9));
        break;
    case 1:
        put32(header + 4 * mutator_random(2),
              (uint32_t)1 << mutator_random(32));
        break;
    case 2:
        header[8] = bits[mutator_random(sizeof bits)];
        break;
    case 3:
        header[9] = (uint8_t)mutator_random(8);
        break;
    default:
        header[10 + mutator_random(3)] = (uint8_t)mutator_random(3);
    }
}

/* Adds a copy of a chunk behind another one, or takes it away. */
static size_t move_chunk(uint8_t *data, size_t n, size_t room, chunk c,
                         chunk behind)
{
    static uint8_t copy[MOST_PIXELS];
    size_t bytes = FRAME + c.n, at = behind.at + FRAME + behind.n, new;
    if (bytes > sizeof copy)
        return n;
    memcpy(copy, data + c.at, bytes);
    if (mutator_random(2))
        return resize(data, n, room, c.at, bytes, 0);
    new = resize(data, n, room, at, 0, bytes);
    if (!new)
        return n;
    memcpy(data + at, copy, bytes);
    return new;
}

static void rename_chunk(uint8_t *data, chunk c)
{
    static const char names[][5] = {"IDAT", "PLTE", "tRNS", "gAMA", "IEND",
                                    "sRGB", "cHRM", "sBIT", "iCCP", "tEXt",
                                    "zTXt", "bKGD", "IHDR", "acTL", "iTXt"};
    memcpy(data + c.at + 4, names[mutator_random(sizeof names / 5)], 4);
}

size_t mutate_png(uint8_t *data, size_t n, size_t room)
{
    chunk chunks[MOST_CHUNKS];
    size_t count = find_chunks(chunks, data, n);
    if (count == 0 || !mutator_random(8))
        n = LLVMFuzzerMutate(data, n, room);
    else {
        chunk c = chunks[mutator_random(count)];
        switch (mutator_random(6)) {
        case 0:
            change_header(data, chunks[0]);
            break;
        case 1:
            rename_chunk(data, c);
            break;
        case 2:
            n = move_chunk(data, n, room, c, chunks[mutator_random(count)]);
            break;
        case 3:
            n = change_data(data, n, room, c);
            break;
        default: /* the first IDAT chunk, if there is one */
            for (size_t i = 0; i < count; i++)
                if (memcmp(data + chunks[i].at + 4, "IDAT", 4) == 0) {
                    n = change_pixels(data, n, room, chunks[i]);
                    break;
                }
        }
    }
    if (mutator_random(8))
        mend_checksums(data, n);
    return n;
}
