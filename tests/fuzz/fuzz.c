/* A file in memory, a limit of memory, and checks of what readers return. */

#define _GNU_SOURCE /* memfd_create */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"

static int file = -1;
static char path[64];
static size_t live_before, live_limit;
static uint32_t chosen; /* the state of fuzz_choose */

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
    chosen = (uint32_t)crc32(0, data, (uInt)n);
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

/* The address of the i-th element in row-major order. */
static const unsigned char *element(const pg_array *a, size_t i)
{
    const unsigned char *at = a->data;
    for (int axis = a->ndim; axis-- > 0; i /= a->shape[axis])
        at += (ptrdiff_t)(i % a->shape[axis]) * a->strides[axis];
    return at;
}

enum { MOST_READ = 1 << 12 }; /* elements, of arrays that have more */

/* Reads elements, so that AddressSanitizer sees those that are not there. */
static void read_elements(const pg_array *a)
{
    static volatile unsigned char sum;
    size_t size = pg_dtype_size(a->dtype), n = pg_array_size(a);
    size_t step = pg_size_divide_up(n, MOST_READ);
    FUZZ_CHECK(a->ndim >= 0 && a->ndim <= PG_MAXDIM);
    for (size_t k = 0; k < n; k += step) {
        const unsigned char *at = element(a, n - 1 - k); /* the last, too */
        for (size_t byte = 0; byte < size; byte++)
            sum = (unsigned char)(sum + at[byte]);
        FUZZ_CHECK(a->dtype != PG_BOOL || *at <= 1);
    }
}

void fuzz_check_array(const pg_array *a, pg_status status, const pg_error *err)
{
    if (status == PG_OK) {
        read_elements(a);
        return;
    }
    FUZZ_CHECK(!a->storage && !a->data);
    fuzz_check_error(status, err);
}

void fuzz_check_same(const pg_array *a, const pg_array *b)
{
    size_t n = pg_array_size(a), step = pg_size_divide_up(n, MOST_READ);
    FUZZ_CHECK(a->dtype == b->dtype && pg_array_same_shape(a, b));
    for (size_t k = 0; k < n; k += step)
        FUZZ_CHECK(memcmp(element(a, n - 1 - k), element(b, n - 1 - k),
                          pg_dtype_size(a->dtype)) == 0);
}

size_t fuzz_choose(size_t n)
{
    chosen = chosen * 1664525 + 1013904223;
    return (chosen >> 16) % n;
}

const pg_rows_range *fuzz_options(pg_load_options *options, pg_rows_range *rows)
{
    *options = (pg_load_options){.max_bytes = UINT64_MAX,
                                 .map = fuzz_choose(2),
                                 .check = fuzz_choose(2)};
    if (fuzz_choose(4) == 0)
        options->max_bytes = fuzz_choose(64);
    rows->first = (int64_t)fuzz_choose(8) - 3;
    rows->last = (int64_t)fuzz_choose(8) - 3;
    return fuzz_choose(2) ? rows : NULL;
}

/* *view = these rows of a; false if it does not have them. */
static bool view_rows(pg_array *view, const pg_array *a,
                      const pg_rows_range *rows)
{
    pg_npy_header h = {.ndim = a->ndim};
    pg_error ignored;
    size_t first;
    memcpy(h.shape, a->shape, sizeof h.shape);
    *view = *a;
    if (pg_npy_find_rows(&first, &h, rows, path, &ignored) != PG_OK)
        return false;
    if (rows) {
        view->shape[0] = h.shape[0];
        view->data = (char *)view->data + (ptrdiff_t)first * view->strides[0];
    }
    return true;
}

void fuzz_check_part(pg_array *part, pg_status status, const pg_error *err,
                     const pg_array *whole, const pg_load_options *options,
                     const pg_rows_range *rows, bool may_refuse)
{
    pg_array view;
    fuzz_check_array(part, status, err);
    if (may_refuse && status == PG_EFORMAT)
        return;
    if (!view_rows(&view, whole, rows))
        FUZZ_CHECK(status == PG_EINDEX || status == PG_ESHAPE);
    else if (pg_array_bytes(&view) > options->max_bytes)
        /* mapped elements take no memory */
        FUZZ_CHECK(status == PG_EARG || (options->map && status == PG_OK));
    else
        FUZZ_CHECK(status == PG_OK);
    if (status == PG_OK)
        fuzz_check_same(part, &view);
    pg_array_release(part);
}
