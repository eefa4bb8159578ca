/* A file in memory, a limit of memory, and checks of what readers return. */

#define _GNU_SOURCE /* memfd_create */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"

static int file = -1;
static char path[64];
static size_t live_before, live_limit;

_Noreturn void fuzz_fail(const char *source, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: not true: %s\n", source, line, condition);
    abort();
}

static bool limit_memory(size_t bytes, void *context)
{
    (void)context;
    FUZZ_CHECK(pg_live_bytes() + bytes - live_before <= live_limit);
    return true;
}

const char *fuzz_begin(const uint8_t *data, size_t n, size_t most)
{
    if (file < 0) {
        file = memfd_create("fuzz", MFD_CLOEXEC);
        FUZZ_CHECK(file >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        pg_memory_set_hook(limit_memory, NULL);
    }
    FUZZ_CHECK(ftruncate(file, (off_t)n) == 0);
    FUZZ_CHECK(pwrite(file, data, n, 0) == (ssize_t)n);
    live_before = pg_live_bytes();
    live_limit = most;
    return path;
}

void fuzz_end(void)
{
    FUZZ_CHECK(pg_live_bytes() == live_before);
}

void fuzz_check_error(pg_status status, const pg_error *err)
{
    FUZZ_CHECK(status != PG_OK);
    FUZZ_CHECK(status != PG_EINTERRUPT);
    FUZZ_CHECK(memchr(err->message, 0, sizeof err->message) != NULL);
    FUZZ_CHECK(status == PG_ENOMEM || strstr(err->message, path) != NULL);
}

/* Reads elements, some of many, so that AddressSanitizer sees those that are
   not there. */
static void read_elements(const pg_array *a)
{
    enum { MOST = 1 << 12 };
    static volatile unsigned char sum;
    size_t size = pg_dtype_size(a->dtype), n = pg_array_size(a);
    size_t step = pg_size_divide_up(n, MOST);
    FUZZ_CHECK(a->ndim >= 0 && a->ndim <= PG_MAXDIM);
    for (size_t k = 0; k < n; k += step) {
        size_t i = n - 1 - k; /* the last is among them */
        const unsigned char *at = a->data;
        size_t rest = i;
        for (int axis = a->ndim; axis-- > 0; rest /= a->shape[axis])
            at += (ptrdiff_t)(rest % a->shape[axis]) * a->strides[axis];
        for (size_t byte = 0; byte < size; byte++)
            sum = (unsigned char)(sum + at[byte]);
        FUZZ_CHECK(a->dtype != PG_BOOL || *at <= 1);
    }
}

void fuzz_check_array(pg_array *a, pg_status status, const pg_error *err)
{
    static const pg_array empty;
    if (status == PG_OK)
        read_elements(a);
    else {
        FUZZ_CHECK(a->storage == empty.storage && a->data == empty.data);
        fuzz_check_error(status, err);
    }
    pg_array_release(a);
}
