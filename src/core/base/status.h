/*
 * status.h -- what every file of the core shares: status codes and errors.
 *
 * The core never prints, exits, jumps or knows Lua. A function that can fail
 * returns a pg_status and, where a number cannot tell enough, writes one
 * sentence into the pg_error that its caller gives. Outputs come first,
 * const inputs next, sizes last, the error at the very end.
 *
 * Ownership is in the name: _new makes and _free (of a pointer) or _release
 * (of a struct that the caller holds) ends; _view shares storage; _copy does
 * not. Whatever a failing function was to fill is left empty: releasing it is
 * allowed and does nothing.
 */
#ifndef PG_STATUS_H
#define PG_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_VERSION "0.1.0"

typedef enum pg_status {
    PG_OK = 0,
    PG_ENOMEM,     /* the allocator said no, or no machine could hold it */
    PG_EARG,       /* an argument is not what the function takes */
    PG_ESHAPE,     /* shapes do not fit each other */
    PG_EDTYPE,     /* the operation does not exist for this dtype */
    PG_EINDEX,     /* a position is beyond the ends */
    PG_EFINITE,    /* a number that must be finite is not */
    PG_EIO,        /* the operating system failed: missing file, full disk */
    PG_EFORMAT,    /* bytes that are not what their format asks for */
    PG_EINTERRUPT, /* the caller wanted it to be given up */
} pg_status;

enum { PG_ERROR_SIZE = 1024 };

typedef struct pg_error {
    char message[PG_ERROR_SIZE];
} pg_error;

/* A short name of the status: "out of memory", "shape mismatch", ... */
const char *pg_strerror(pg_status status);

/* Writes the printf-style message to *err and returns status, so that a
   failing function ends in one line: return pg_fail(err, PG_ESHAPE, ...). A
   control character, which only a stranger's file can have brought in, becomes
   a question mark: a terminal would obey it. */
pg_status pg_fail(pg_error *err, pg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* PG_EIO, or PG_ENOMEM where that is it: "path: the system's reason", from
   errno. */
pg_status pg_fail_system(pg_error *err, const char *path);

/* A precondition that a function states: a caller that breaks it has a fault.
   Checked in builds with PG_CHECKED, as `make asan` makes them. */
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

/* How many pieces of b, the last one perhaps shorter, make up a. */
static inline size_t pg_size_divide_up(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

/* Bytes, rounded up to whole cache lines. */
static inline size_t pg_size_lines(size_t bytes)
{
    enum { LINE = 64 };
    return pg_size_divide_up(bytes, LINE) * LINE;
}

#endif
