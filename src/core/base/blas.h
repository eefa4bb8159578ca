/*
 * blas.h -- OpenBLAS's threads and buffers.
 *
 * Each call occupies a buffer of OpenBLAS, which maps another when none is
 * free; if the system refuses, it retries for ever. So buffers are mapped here,
 * after a test that there is room, and no more calls run at a time than there
 * are buffers. The state belongs to the process.
 *
 * pg_blas_enter sets OpenBLAS to one thread. That it starts none while it is
 * loaded is up to the program: the module sets OPENBLAS_NUM_THREADS=1
 * (bind/openblas_variable.c).
 */
#ifndef PG_BLAS_H
#define PG_BLAS_H

#include "base/status.h"

/* Maps a buffer for each of `threads`, at least 1, or as many as there is room
   for. PG_ENOMEM, which names the process's limit, if there is room for none.
   Called before an operation that multiplies. */
pg_status pg_blas_reserve(int threads, pg_error *err);

/* Called before and after each call of CBLAS. pg_blas_enter waits for a free
   buffer, and sets OpenBLAS to one thread: its results depend on the number of
   its threads, and the thread pool shares out the work already. */
void pg_blas_enter(void);
void pg_blas_leave(void);

/* Writes OpenBLAS's version and kernels, as in "OpenBLAS 0.3.21 (Haswell)",
   into a buffer of PG_BLAS_TEXT bytes. */
enum { PG_BLAS_TEXT = 128 };
void pg_blas_name(char *text);

#endif
