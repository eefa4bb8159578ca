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
    const pg_load_options all = PG_LOAD_DEFAULT;
    pg_load_options options;
    pg_rows_range range;
    const pg_rows_range *rows = fuzz_options(&options, &range);
    pg_error err;
    pg_array a, part;
    bool is_npy;
    FUZZ_CHECK(pg_npy_test(&is_npy, path, &err) == PG_OK);
    pg_status status = pg_npy_load(&a, path, NULL, &all, &err);
    FUZZ_CHECK(is_npy || status != PG_OK);
    fuzz_check_array(&a, status, &err);
    if (status == PG_OK) {
        status = pg_npy_load(&part, path, rows, &options, &err);
        fuzz_check_part(&part, status, &err, &a, &options, rows, false);
        pg_array_release(&a);
    }
    fuzz_end();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed)
{
    mutator_seed(seed);
    return mutate_npy(data, n, room);
}
