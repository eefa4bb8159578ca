/* Loops on the thread pool, which poll for interrupts before each job. */

#include "base/parallel.h"

#include "base/interrupt.h"

/* Jobs between two polls if they are not worth threads, and so may be short. */
enum { POLL_INTERVAL = 16 };

typedef struct loop {
    pg_job plain_job; /* NULL: `job` is run */
    pg_worker_job job;
    void *context;
    const pg_interrupt *interrupt; /* the caller's */
} loop;

/* pg_worker_job: runs a job of the loop, with the caller's interrupts. */
static void run_job(void *context, size_t job, int worker)
{
    const loop *l = context;
    const pg_interrupt *before = pg_set_interrupt(l->interrupt);
    if (!pg_interrupted()) {
        if (l->plain_job)
            l->plain_job(l->context, job);
        else
            l->job(l->context, job, worker);
    }
    pg_set_interrupt(before);
}

static void run_on_pool(loop *l, int workers, size_t jobs)
{
    l->interrupt = pg_current_interrupt;
    pg_thread_pool_run((int)pg_size_min((size_t)workers, jobs), jobs, run_job,
                       l);
}

void pg_parallel_for(size_t jobs, bool worth_threads, pg_job job, void *context)
{
    int workers = worth_threads && jobs > 1 ? pg_threads() : 1;
    if (workers > 1)
        run_on_pool(&(loop){.plain_job = job, .context = context}, workers,
                    jobs);
    else
        PG_EACH_OF (worth_threads ? 1 : POLL_INTERVAL, i, jobs)
            job(context, i);
}

void pg_parallel_for_workers(int workers, size_t jobs, pg_worker_job job,
                             void *context)
{
    pg_assert(workers >= 1);
    if (workers > 1 && jobs > 1)
        run_on_pool(&(loop){.job = job, .context = context}, workers, jobs);
    else
        PG_EACH_OF (1, i, jobs)
            job(context, i, 0);
}
