/*
 * status.h -- status codes, error messages, assertions and sizes.
 *
 * A function that can fail returns a pg_status, and then writes one sentence
 * into the caller's pg_error. perigee.h has the rules that all functions keep.
 */
#ifndef PG_STATUS_H
#define PG_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_VERSION "0.1.0"

typedef enum pg_status {
    PG_OK = 0,
    PG_ENOMEM,     /* not enough memory */
    PG_EARG,       /* an argument has a value that the function does not take */
    PG_ESHAPE,     /* shapes do not fit each other */
    PG_EDTYPE,     /* the operation does not exist for this dtype */
    PG_EINDEX,     /* a position is out of range */
    PG_EFINITE,    /* a number is not finite */
    PG_EIO,        /* the operating system failed: missing file, full disk */
    PG_EFORMAT,    /* a file's bytes violate its format */
    PG_EINTERRUPT, /* the operation was cancelled (interrupt.h) */
} pg_status;

enum { PG_ERROR_SIZE = 1024 };

typedef struct pg_error {
    char message[PG_ERROR_SIZE];
} pg_error;

/* A short name of the status: "out of memory", "shape mismatch", ... */
const char *pg_strerror(pg_status status);

/* Writes the printf-style message to *err and returns status, so that a failing
   function ends in one line: return pg_fail(err, PG_ESHAPE, ...). Characters
   that a terminal would obey, as a name in a file may have, become question
   marks. */
pg_status pg_fail(pg_error *err, pg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* PG_EIO, or PG_ENOMEM if errno is ENOMEM: "path: the system's reason". */
pg_status pg_fail_system(pg_error *err, const char *path);

/* Checks a precondition that a function states, in builds with PG_CHECKED:
   `make asan`, `make gcstress`. */
#ifdef PG_CHECKED
#include <assert.h>
#define pg_assert(condition) assert(condition)
#else
#define pg_assert(condition) ((void)sizeof(condition))
#endif

/* *product = a * b, or false when that is more than size_t holds. */
static inline bool pg_size_multiply(size_t *product, size_t a, size_t b)
{
    return !__builtin_mul_overflow(a, b, product);
}

static inline size_t pg_size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t pg_size_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* a / b, rounded up. */
static inline size_t pg_size_divide_up(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

/* Bytes, rounded up to a whole number of cache lines. */
static inline size_t pg_size_lines(size_t bytes)
{
    enum { LINE = 64 };
    return pg_size_divide_up(bytes, LINE) * LINE;
}

#endif
