/*
 * fuzz.h -- what the fuzzers of file readers share: a file in memory, and
 * checks that end the process.
 *
 * A fuzzer is a program of libFuzzer's: it calls LLVMFuzzerTestOneInput with
 * one input after the other, and keeps those that reach new code of src/core.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "array/array.h"

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
   an empty one and a message that names the file. Releases the array. */
void fuzz_check_array(pg_array *a, pg_status status, const pg_error *err);

/* Checks that an error's message is whole and names the file. */
void fuzz_check_error(pg_status status, const pg_error *err);

#endif
