/*
 * fuzz.h -- what the fuzzers of file readers share: a file in memory, and
 * checks that end the process.
 *
 * A fuzzer is a program of libFuzzer's: it calls LLVMFuzzerTestOneInput with
 * one input after the other, and keeps those that reach new code of src/core.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "formats/npy.h"

/* Ends the process with a message, so that the fuzzer keeps the input. */
#define FUZZ_CHECK(condition) \
    ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *condition);

/* Writes the input to a file in memory, and returns its path, which is the same
   each time. From here on more than `most` bytes of pg_malloc are a failure. */
const char *fuzz_begin(const uint8_t *data, size_t n, size_t most);

/* Checks that all memory was freed. */
void fuzz_end(void);

/* Checks what a reader has returned: an array whose elements are all there, or
   an empty one and a message that names the file. */
void fuzz_check_array(const pg_array *a, pg_status status, const pg_error *err);

/* Checks that both have the same elements. */
void fuzz_check_same(const pg_array *a, const pg_array *b);

/* A number below n that the input chooses, the same one each time. */
size_t fuzz_choose(size_t n);

/* Chooses options, and rows: NULL for all of them. */
const pg_rows_range *fuzz_options(pg_load_options *options,
                                  pg_rows_range *rows);

/* Checks an array that was read with such options, where `whole` was read
   without them: it has the same elements, or was refused for its length or
   rows, or, if may_refuse, for its format. Releases it. */
void fuzz_check_part(pg_array *part, pg_status status, const pg_error *err,
                     const pg_array *whole, const pg_load_options *options,
                     const pg_rows_range *rows, bool may_refuse);

/* Checks that an error's message is whole and names the file. */
void fuzz_check_error(pg_status status, const pg_error *err);

#endif
