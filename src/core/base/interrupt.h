/*
 * interrupt.h -- work that its caller may want to be given up.
 *
 * Long work asks pg_interrupted (runtime.h) on its way, and leaves out what is
 * left where the answer is yes. From then on the answer stays yes until the
 * operation has returned. So whoever had work done asks once more before it
 * uses or hands on the results, by pg_check_interrupt: where that says PG_OK,
 * nothing was left out. It must be asked before results are places in memory.
 *
 * What changes an array that its caller can see is not left half done: while it
 * is done, the thread does not listen (pg_set_interrupt).
 */
#ifndef PG_INTERRUPT_H
#define PG_INTERRUPT_H

#include "base/runtime.h"

/* PG_EINTERRUPT where work is to be given up. */
pg_status pg_check_interrupt(pg_error *err);

/* The same, if what was done so far was well: else its status. */
static inline pg_status pg_unless_interrupted(pg_status status, pg_error *err)
{
    return status == PG_OK ? pg_check_interrupt(err) : status;
}

/* Where the stretch that begins at i ends; false where there is none, or work
   is to be given up. The first one is always done: short loops ask nothing. */
static inline bool pg_next_chunk(size_t *end, size_t i, size_t n, size_t length)
{
    if (i >= n || (i > 0 && pg_interrupted()))
        return false;
    *end = i + pg_size_min(length, n - i);
    return true;
}

/* for (size_t i = 0; i < n; i++), asking after each so many; a break only ends
   a stretch. */
#define PG_EACH_OF(length, i, n)                                        \
    for (size_t i = 0, i##_end; pg_next_chunk(&i##_end, i, n, length);) \
        for (; i < i##_end; i++)

/* The same for bodies of a few nanoseconds. */
enum { PG_CHUNK = 1 << 15 };
#define PG_EACH(i, n) PG_EACH_OF (PG_CHUNK, i, n)

/* The same for bodies that each do so much of it themselves. */
#define PG_EACH_WIDE(width, i, n) \
    PG_EACH_OF (1 + PG_CHUNK / pg_size_max(1, width), i, n)

/* memcpy, and memset to 0, that can be given up. */
void pg_copy_bytes(void *out, const void *in, size_t n);
void pg_clear_bytes(void *out, size_t n);

/* Reverses the bytes of each of n elements: the other byte order. It can be
   given up, too. */
void pg_swap_bytes(void *data, size_t n, size_t size);

#endif
