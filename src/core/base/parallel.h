/*
 * parallel.h -- independent jobs, shared among the threads.
 */
#ifndef PG_PARALLEL_H
#define PG_PARALLEL_H

#include "base/status.h"

/* One of the jobs, numbered from 0. Called from several threads at once. */
typedef void (*pg_job)(void *context, size_t job);

/* Does all jobs, in no promised order: on this thread alone where they are not
   worth others. Jobs are left out where work is to be given up (interrupt.h).
   */
void pg_parallel_for(size_t jobs, bool worth_a_team, pg_job job, void *context);

/* A job that is told who does it: `worker`, below the number of them, tells
   apart those that work at the same time, so that each can have its own room.
 */
typedef void (*pg_worker_job)(void *context, size_t job, int worker);

/* The same by so many workers at most. */
void pg_parallel_for_workers(int workers, size_t jobs, pg_worker_job job,
                             void *context);

#endif
