/*
 * threads.h -- the number of threads that share work.
 *
 * It belongs to the process, and any thread may call these functions. Results
 * do not depend on it.
 */
#ifndef PG_THREADS_H
#define PG_THREADS_H

#include "base/status.h"

enum { PG_MAX_THREADS = 1024 };

/* The number of threads: at first $PERIGEE_THREADS, or else the processors. */
int pg_threads(void);

/* Sets the number of threads, which may exceed the processors. PG_EARG outside
   of 1..PG_MAX_THREADS. */
pg_status pg_set_threads(int64_t threads, pg_error *err);

/* PG_EARG unless text, a value of $PERIGEE_THREADS, is a number in that range
   or empty. */
pg_status pg_threads_check(const char *text, pg_error *err);

/* The processors that this process may run on. */
int pg_processors(void);

#endif
