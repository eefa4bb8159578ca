/*
 * interrupt.h -- cancellation of long operations.
 *
 * A thread sets a cancellation callback (pg_set_interrupt). The bindings' is
 * is_interrupted (bind/base/interrupt.c): it finds the hook that the handler of
 * SIGINT sets, host/interrupt.c or that of lua(1). Long loops poll it
 * by pg_interrupted, and skip the rest of their work once it is true. It then
 * stays true until the operation has returned, so the caller of such loops
 * checks once more, by pg_check_interrupt, before it uses or returns results:
 * PG_OK says that nothing was skipped. Check before results are used as
 * addresses or indices.
 *
 * An array that the caller can see is never left half written: such writes run
 * with interrupts disabled (pg_set_interrupt(NULL)).
 */
#ifndef PG_INTERRUPT_H
#define PG_INTERRUPT_H

#include <errno.h>

#include "base/status.h"

/* A cancellation callback, the first member of a struct with its data. Loops
   call it very often, in the thread that set it and in those that run its jobs.
   Once it has returned true, it must do so until the operation
   has returned. */
typedef struct pg_interrupt pg_interrupt;
struct pg_interrupt {
    bool (*test)(const pg_interrupt *interrupt);
};

/* Thread-local, in static memory: LeakSanitizer stumbles over the blocks that a
   module loaded later has for each thread. */
#define PG_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))

/* This thread's callback; NULL, the initial value, disables interrupts. */
extern PG_THREAD_LOCAL const pg_interrupt *pg_current_interrupt;

/* Sets the callback, which must stay valid until it is replaced, and returns
   the one before. */
static inline const pg_interrupt *pg_set_interrupt(
    const pg_interrupt *interrupt)
{
    const pg_interrupt *before = pg_current_interrupt;
    pg_current_interrupt = interrupt;
    return before;
}

/* True if this thread's operation is cancelled. */
static inline bool pg_interrupted(void)
{
    return pg_current_interrupt &&
           pg_current_interrupt->test(pg_current_interrupt);
}

/* PG_EINTERRUPT if this thread's operation is cancelled. */
pg_status pg_check_interrupt(pg_error *err);

/* Returns status if it is an error, else checks for an interrupt. */
static inline pg_status pg_unless_interrupted(pg_status status, pg_error *err)
{
    return status == PG_OK ? pg_check_interrupt(err) : status;
}

/* *end = the end of the chunk that begins at i; false at n, or when
   interrupted. The first chunk always runs: short loops do not poll. */
static inline bool pg_next_chunk(size_t *end, size_t i, size_t n, size_t length)
{
    pg_assert(length > 0);
    if (i >= n || (i > 0 && pg_interrupted()))
        return false;
    *end = i + pg_size_min(length, n - i);
    return true;
}

/* for (size_t i = 0; i < n; i++), polling after each `length` iterations. A
   break ends only the chunk. */
#define PG_EACH_OF(length, i, n)                                        \
    for (size_t i = 0, i##_end; pg_next_chunk(&i##_end, i, n, length);) \
        for (; i < i##_end; i++)

/* PG_EACH_OF for bodies of a few nanoseconds. */
enum { PG_CHUNK = 1 << 15 };
#define PG_EACH(i, n) PG_EACH_OF (PG_CHUNK, i, n)

/* PG_EACH_OF for bodies that each take `width` such steps. */
#define PG_EACH_WIDE(width, i, n) \
    PG_EACH_OF (1 + PG_CHUNK / pg_size_max(1, width), i, n)

/* memcpy, and memset to 0, that poll for interrupts. */
void pg_copy_bytes(void *out, const void *in, size_t n);
void pg_clear_bytes(void *out, size_t n);

/* Reverses the bytes of each of n elements, for the other byte order. Polls for
   interrupts. */
void pg_swap_bytes(void *data, size_t n, size_t size);

/* --- system calls that a signal interrupts ---------------------------------
 */

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
