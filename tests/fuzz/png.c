/* The fuzzer of PNG files. libpng itself is the system's, without counters of
   its code: what is followed are the checks before it. */

#include <dlfcn.h>

#include "fuzz.h"
#include "formats/png.h"
#include "mutator.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed);

/* Holds libpng, which the reader would load and close each time. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FUZZ_CHECK(dlopen("libpng16.so.16", RTLD_NOW | RTLD_LOCAL));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    enum { RATIO = 1032, PIXELS = 64 << 20 }; /* formats/png.h has the rule */
    const char *path = fuzz_begin(data, n, RATIO * n + n + PIXELS);
    uint64_t most = fuzz_choose(4) ? UINT64_MAX : fuzz_choose(64);
    pg_error err;
    pg_array a;
    pg_status status = pg_png_load(&a, path, most, &err);
    fuzz_check_array(&a, status, &err);
    if (status == PG_OK)
        FUZZ_CHECK(pg_array_bytes(&a) <= most);
    pg_array_release(&a);
    fuzz_end();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t room,
                               unsigned seed)
{
    mutator_seed(seed);
    return mutate_png(data, n, room);
}
