/* The fuzzer of NPY files: an array, and its kind. */

#include "fuzz.h"
#include "formats/npy.h"
#include "mutator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    /* float16 becomes float32; the text of the header has at most 64 kB. */
    const char *path = fuzz_begin(data, n, 3 * n + (1 << 17));
    pg_error err;
    pg_array a;
    bool is_npy;
    FUZZ_CHECK(pg_npy_test(&is_npy, path, &err) == PG_OK);
    const pg_load_options options = PG_LOAD_DEFAULT;
    pg_status status = pg_npy_load(&a, path, NULL, &options, &err);
    FUZZ_CHECK(is_npy || status != PG_OK);
    fuzz_check_array(&a, status, &err);
    fuzz_end();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed)
{
    mutator_seed(seed);
    return mutate_npy(data, n, room);
}
