/* This thread's cancellation callback, and copies that poll it. */

#include "base/interrupt.h"

#include <string.h>

PG_THREAD_LOCAL const pg_interrupt *pg_current_interrupt;

pg_status pg_check_interrupt(pg_error *err)
{
    return pg_interrupted() ? pg_fail(err, PG_EINTERRUPT, "interrupted!")
                            : PG_OK;
}

enum { CHUNK_BYTES = 1 << 20 };

void pg_copy_bytes(void *out, const void *in, size_t n)
{
    size_t end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, CHUNK_BYTES); i = end)
        memcpy((char *)out + i, (const char *)in + i, end - i);
}

void pg_clear_bytes(void *out, size_t n)
{
    size_t end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, CHUNK_BYTES); i = end)
        memset((char *)out + i, 0, end - i);
}

void pg_swap_bytes(void *data, size_t n, size_t size)
{
    pg_assert(size > 0);
    PG_EACH (k, n) {
        char *element = (char *)data + k * size;
        for (size_t i = 0, j = size - 1; i < j; i++, j--) {
            char byte = element[i];
            element[i] = element[j];
            element[j] = byte;
        }
    }
}
