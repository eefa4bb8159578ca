/*
 * thread_pool.h -- threads that wait for jobs.
 *
 * The thread that calls pg_thread_pool_run takes jobs itself, and the pool's
 * threads take jobs as they arrive. At the end the caller waits only for
 * threads that are inside a job. So a thread that the system does not schedule,
 * as on a busy machine, delays a run by at most one job; OpenMP's threads all
 * wait for each other in each parallel region.
 */
#ifndef PG_THREAD_POOL_H
#define PG_THREAD_POOL_H

#include <stddef.h>

/* One job, numbered from 0; workers that run at the same time have different
   numbers. */
typedef void (*pg_worker_job)(void *context, size_t job, int worker);

/* Runs all jobs on at most `workers` threads, 1..PG_MAX_THREADS; the caller is
   worker 0. There is one run at a time: a run inside another, or beside one of
   another thread, runs on its caller alone. */
void pg_thread_pool_run(int workers, size_t jobs, pg_worker_job job,
                        void *context);

#endif
