/*
 * blas.h -- OpenBLAS's threads and buffers.
 *
 * Each call that runs inside OpenBLAS occupies a buffer, which OpenBLAS maps
 * when none is free; if the system refuses, OpenBLAS retries for ever. So
 * buffers are mapped here, after a test that there is room, and no more calls
 * run at a time than there are buffers. The state belongs to the process.
 */
#ifndef PG_BLAS_H
#define PG_BLAS_H

#include "base/status.h"

/* Maps a buffer for each of `threads`, or as many as there is room for.
   PG_ENOMEM, which names the process's limit, if there is room for none. Called
   before an operation that multiplies. */
pg_status pg_blas_reserve(int threads, pg_error *err);

/* Surround each call of CBLAS. pg_blas_enter waits for a free buffer, and sets
   OpenBLAS to one thread: its results depend on the number of its threads, and
   ours share the work already. */
void pg_blas_enter(void);
void pg_blas_leave(void);

/* Writes the OpenBLAS that runs, as in "OpenBLAS 0.3.21 (Haswell)", into a
   buffer of PG_BLAS_TEXT bytes. */
enum { PG_BLAS_TEXT = 128 };
void pg_blas_name(char *text);

#endif
