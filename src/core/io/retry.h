/*
 * retry.h -- system calls that a signal has interrupted, made again.
 */
#ifndef PG_RETRY_H
#define PG_RETRY_H

#include <errno.h>

#include "base/interrupt.h"

/* True if a call is made again: a signal came before it did anything, and the
   operation is not cancelled. A file system that gives nothing but signals ends
   in an error. */
static inline bool pg_is_retried(long result, int *tries)
{
    enum { MOST = 100 };
    return result < 0 && errno == EINTR && ++*tries < MOST && !pg_interrupted();
}

/* result = call, made again after signals. */
#define PG_RETRY(result, call)                    \
    do {                                          \
        int pg_tries = 0;                         \
        do                                        \
            (result) = (call);                    \
        while (pg_is_retried(result, &pg_tries)); \
    } while (0)

/* The error of a call that has failed: the system's, or that the operation was
   cancelled while it was made. */
static inline pg_status pg_fail_call(pg_error *err, const char *path)
{
    bool is_cancelled = errno == EINTR && pg_interrupted();
    return is_cancelled ? pg_check_interrupt(err) : pg_fail_system(err, path);
}

#endif
