/*
 * blas.h -- OpenBLAS's threads and buffers.
 *
 * Each call that runs in OpenBLAS occupies a buffer of its own, which OpenBLAS
 * maps when there is no free one; where the system refuses, it tries again for
 * ever. So its buffers are mapped here, after a test that there is room, and no
 * more calls run at a time than there are buffers.
 */
#ifndef PG_BLAS_H
#define PG_BLAS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/status.h"

/* The state of OpenBLAS's buffers in a process; the runtime has it. */
typedef struct pg_blas {
    atomic_int buffers; /* that may be occupied; 0 while more are mapped */
    atomic_int calls;   /* that occupy one */
    atomic_int waiting; /* threads, on `changed` */
    atomic_int most;    /* buffers that are of use; 0: not asked for yet */
    int mapped;         /* buffers; guarded by `lock` */
    pthread_mutex_t lock;
    pthread_cond_t changed;
} pg_blas;

#define PG_BLAS_EMPTY                                                          \
    {                                                                          \
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER \
    }

/* In a child that was forked: buffers that other threads occupied stay so. */
void pg_blas_forget_calls(pg_blas *b);

/* Maps a buffer for each of so many threads, or for as many as there is room
   for. PG_ENOMEM, which names the limit of the process, where there is room for
   none. Called before an operation that multiplies. */
pg_status pg_blas_reserve(int threads, pg_error *err);

/* Around each call of CBLAS: waits while all buffers are occupied, and sets
   OpenBLAS to one thread. Ours share the work; its results differ with the
   number of its own. */
void pg_blas_enter(void);
void pg_blas_leave(void);

/* Names the OpenBLAS that runs, as in "OpenBLAS 0.3.21 (Haswell)", into a
   buffer of PG_BLAS_TEXT bytes. */
enum { PG_BLAS_TEXT = 128 };
void pg_blas_name(char *text);

#endif
