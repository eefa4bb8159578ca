/* The fuzzer of NPZ archives: their names, headers, checksums and arrays. */

#include <string.h>

#include "fuzz.h"
#include "formats/npz.h"
#include "mutator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed);

enum {
    RATIO = 1032,       /* deflate makes at most so many bytes of one */
    BUFFERS = 1 << 20,  /* of a stream, a local header, the end record */
    FOR_EACH_BYTE = 16, /* of the directory, for a member's struct */
};

static bool same_form(const pg_array *a, const pg_npy_header *header)
{
    return a->dtype == header->dtype && a->ndim == header->ndim &&
           memcmp(a->shape, header->shape,
                  (size_t)a->ndim * sizeof *a->shape) == 0;
}

static void read_member(pg_npz *npz, size_t i)
{
    pg_error err;
    pg_npy_header header;
    pg_array a;
    uint32_t sum;
    const char *name;
    size_t found, length;
    pg_status names = pg_npz_check_names(npz, &err);
    if (names != PG_OK)
        fuzz_check_error(names, &err);
    else if (pg_npz_name(&name, &length, npz, i))
        FUZZ_CHECK(pg_npz_find(&found, npz, name, length) && found == i);
    pg_status checksum = pg_npz_checksum(&sum, npz, i, &err);
    if (checksum != PG_OK)
        fuzz_check_error(checksum, &err);
    pg_status known = pg_npz_header(&header, npz, i, &err);
    if (known != PG_OK)
        fuzz_check_error(known, &err);
    pg_status status = pg_npz_get(&a, npz, i, &err);
    if (status == PG_OK) /* what gives an array has a header */
        FUZZ_CHECK(known == PG_OK && same_form(&a, &header));
    fuzz_check_array(&a, status, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    /* float16 becomes float32. */
    const char *path =
        fuzz_begin(data, n, (2 * RATIO + FOR_EACH_BYTE) * n + BUFFERS);
    pg_error err;
    pg_npz npz;
    const pg_load_options options = PG_LOAD_DEFAULT;
    pg_status status = pg_npz_open(&npz, path, &options, &err);
    FUZZ_CHECK(pg_npz_is_open(&npz) == (status == PG_OK));
    if (status != PG_OK)
        fuzz_check_error(status, &err);
    for (size_t i = 0; i < pg_npz_count(&npz); i++)
        read_member(&npz, i);
    pg_npz_close(&npz);
    fuzz_end();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed)
{
    mutator_seed(seed);
    return mutate_zip(data, n, room);
}
