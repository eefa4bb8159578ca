/* The fuzzer of IDX files, plain and packed by gzip: an array, and its kind. */

#include <string.h>
#include <zlib.h>

#include "formats/idx.h"
#include "fuzz.h"
#include "io/gzip.h"
#include "mutator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    /* A packed array, and some of its rows; the buffer of gzip data. */
    const char *path =
        fuzz_begin(data, n, (2 * PG_GZIP_RATIO + 8) * n + (1 << 19));
    const pg_load_options all = PG_LOAD_DEFAULT;
    pg_load_options options;
    pg_rows_range range;
    const pg_rows_range *rows = fuzz_options(&options, &range);
    pg_error err;
    pg_array a, part;
    bool is_idx, is_packed = n >= PG_GZIP_MAGIC && pg_gzip_is_magic(data);
    pg_status status = pg_idx_test(&is_idx, path, &err);
    if (status != PG_OK) {
        FUZZ_CHECK(is_packed);
        fuzz_check_error(status, &err);
    }
    status = pg_idx_load(&a, path, NULL, &all, &err);
    FUZZ_CHECK(is_idx || status != PG_OK);
    fuzz_check_array(&a, status, &err);
    if (status == PG_OK) {
        status = pg_idx_load(&part, path, rows, &options, &err);
        fuzz_check_part(&part, status, &err, &a, &options, rows,
                        is_packed && options.map);
        pg_array_release(&a);
    }
    fuzz_end();
    return 0;
}

enum { MOST = 1 << 16, GZIP_WINDOW = MAX_WBITS + 16 };

/* Changes the header, or makes one whose lengths agree with the bytes. */
static size_t mutate_idx(uint8_t *data, size_t n, size_t room)
{
    static const uint8_t types[] = {8, 9, 10, 11, 12, 13, 14};
    static const uint8_t sizes[] = {1, 1, 1, 2, 4, 4, 8};
    size_t kind = mutator_random(sizeof types), rank = mutator_random(9);
    if (mutator_random(2) || 4 + 4 * rank > room)
        return LLVMFuzzerMutate(data, n, room);
    size_t bytes = sizes[kind], header = 4 + 4 * rank;
    memset(data, 0, header);
    data[2] = types[kind];
    data[3] = (uint8_t)rank;
    for (size_t i = 0; i < rank; i++) {
        size_t length = mutator_random(4);
        data[4 + 4 * i + 3] = (uint8_t)length;
        bytes *= length;
    }
    if (rank > 0 && mutator_random(8) == 0)
        data[4 + mutator_random(4 * rank)] = (uint8_t)mutator_random(256);
    if (bytes > room - header)
        return header;
    memset(data + header, (int)mutator_random(256), bytes);
    return header + bytes;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed)
{
    static uint8_t unpacked[MOST];
    mutator_seed(seed);
    bool is_packed = n >= PG_GZIP_MAGIC && pg_gzip_is_magic(data);
    if (is_packed && mutator_random(2))
        return LLVMFuzzerMutate(data, n, room);
    size_t bytes = n < MOST ? n : MOST, made = 0;
    if (is_packed)
        bytes = mutator_inflate(unpacked, MOST, data, n, GZIP_WINDOW);
    else
        memcpy(unpacked, data, bytes);
    bytes = mutate_idx(unpacked, bytes, room < MOST ? room : MOST);
    if (is_packed || mutator_random(8) == 0)
        made = mutator_deflate(data, room, unpacked, bytes, GZIP_WINDOW);
    if (made == 0 && bytes <= room) {
        memcpy(data, unpacked, bytes);
        made = bytes;
    }
    return made ? made : n;
}
