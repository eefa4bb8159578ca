/*
 * parallel.h -- loops whose iterations run on several threads.
 */
#ifndef PG_PARALLEL_H
#define PG_PARALLEL_H

#include "base/thread_pool.h"
#include "base/threads.h"

/* One iteration, numbered from 0. Called from several threads at once. */
typedef void (*pg_job)(void *context, size_t job);

/* Runs all jobs, in any order, on pg_threads() threads if worth_threads, else
   on this one. An interrupt skips the jobs that have not begun
   (interrupt.h). */
void pg_parallel_for(size_t jobs, bool worth_threads, pg_job job,
                     void *context);

/* Runs all jobs on at most `workers` threads, 1..PG_MAX_THREADS. Each job gets
   the number of its worker, below `workers`: jobs that run at the same time
   have different ones, so that a workspace for each worker is enough. */
void pg_parallel_for_workers(int workers, size_t jobs, pg_worker_job job,
                             void *context);

#endif
