/*
 * thread_pool.h -- threads that wait for jobs.
 *
 * A run's caller does jobs itself, and whoever of the team comes does some of
 * them: the caller waits at the end for those who are at one, and not for those
 * who did not come. So a thread that the system does not let run, as on a
 * machine that has other work, delays a run by a job at most, where OpenMP's
 * teams wait for each member in each run.
 */
#ifndef PG_THREAD_POOL_H
#define PG_THREAD_POOL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/parallel.h"

struct pg_thread_pool;

typedef struct pg_pool_thread {
    struct pg_thread_pool *team;
    int worker; /* its number in a run; the caller is 0 */
    pthread_cond_t begun;
    atomic_bool asleep;
} pg_pool_thread;

enum { PG_MAX_POOL_THREADS = 1023 };

/* What one thread writes often, and another reads, has a cache line to itself.
 */
typedef struct pg_thread_pool {
    atomic_flag busy;  /* there is one run at a time */
    int members;       /* threads that were started: workers 1 .. members */
    atomic_bool spins; /* whether those who wait spin first */

    /* The run. Its caller writes this while it is not open and nobody inside.
     */
    pg_worker_job job;
    void *context;
    size_t jobs;
    int workers;
    _Alignas(64) atomic_size_t next; /* the job that is taken next */
    _Alignas(64) atomic_bool open;
    atomic_int inside; /* members that may read the run */

    _Alignas(64) atomic_uint_fast64_t runs; /* members wait for it to grow */
    _Alignas(64) pthread_mutex_t lock;      /* of those who sleep */
    pthread_cond_t left; /* for the caller: nobody is inside */
    atomic_bool caller_sleeps;
    pg_pool_thread member[PG_MAX_POOL_THREADS];
} pg_thread_pool;

#define PG_THREAD_POOL_EMPTY                                         \
    {                                                                \
        .busy = ATOMIC_FLAG_INIT, .lock = PTHREAD_MUTEX_INITIALIZER, \
        .left = PTHREAD_COND_INITIALIZER                             \
    }

/* Does all jobs by `workers` threads at most, the caller's included; processors
   is how many of them can run at once. A run within another, or beside it in
   another thread, is done by its caller alone. */
void pg_thread_pool_run(pg_thread_pool *team, int workers, int processors,
                        size_t jobs, pg_worker_job job, void *context);

/* In a child that was forked: its members stayed with the parent. */
void pg_thread_pool_forget(pg_thread_pool *team);

#endif
