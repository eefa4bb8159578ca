/* The C tests of the core alone: `core` runs all, `core NAME` one of them, and
   `core archives PATH` leaves the file that it writes. The tests of arrays and
   kernels run once for each target of the kernels, on several threads. */
#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

const char *test_file;

void fail(const char *format, ...)
{
    enum { PRINTED = 20 };
    va_list args;
    if (failures++ >= PRINTED)
        return;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

void need(pg_status status, const pg_error *err)
{
    if (status == PG_OK)
        return;
    printf("%s\n", err->message);
    exit(EXIT_FAILURE);
}

static void test_each_target(void (*test)(void))
{
    static const char *const targets[] = {"portable", "avx2", "avx512"};
    pg_error err;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (pg_kernels_choose(targets[i], &err) == PG_OK)
            test();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(void);
        bool for_each_target;
    } tests[] = {
        {"refusals", test_refusals, false}, {"arrays", test_arrays, true},
        {"kernels", test_kernels, true},    {"shards", test_shards, true},
        {"dropout", test_dropout, false},   {"archives", test_archives, false},
        {"crc32", test_crc32, false},
    };
    pg_error err;
    need(pg_set_threads(3, &err), &err);
    test_file = argc > 2 ? argv[2] : NULL;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (argc > 1 && strcmp(argv[1], tests[i].name) != 0)
            continue;
        if (tests[i].for_each_target)
            test_each_target(tests[i].test);
        else
            tests[i].test();
    }
    if (pg_live_bytes() != 0)
        fail("%zu bytes are not freed", pg_live_bytes());
    printf("%d failures\n", failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
