#include "base/parallel.h"

#include "base/interrupt.h"
#include "base/thread_pool.h"

/* Jobs before it is asked whether to go on, where they may be short. */
enum { FEW = 16 };

typedef struct plain_job {
    pg_job job;
    void *context;
} plain_job;

/* pg_worker_job */
static void do_plain(void *context, size_t job, int worker)
{
    const plain_job *plain = context;
    (void)worker;
    plain->job(plain->context, job);
}

void pg_parallel_for(size_t jobs, bool worth_a_team, pg_job job, void *context)
{
    plain_job plain = {job, context};
    if (worth_a_team && jobs > 1)
        pg_parallel_for_workers(pg_threads(), jobs, do_plain, &plain);
    else
        PG_EACH_OF (FEW, i, jobs)
            job(context, i);
}

/* The jobs of a team. */
typedef struct team_job {
    pg_worker_job job;
    void *context;
    const pg_interrupt *interrupt; /* the caller's */
} team_job;

/* pg_worker_job */
static void do_unless_interrupted(void *context, size_t job, int worker)
{
    const team_job *all = context;
    const pg_interrupt *before = pg_set_interrupt(all->interrupt);
    if (!pg_interrupted())
        all->job(all->context, job, worker);
    pg_set_interrupt(before);
}

void pg_parallel_for_workers(int workers, size_t jobs, pg_worker_job job,
                             void *context)
{
    if (workers > 1 && jobs > 1) {
        team_job all = {job, context, pg_current_interrupt};
        workers = (int)pg_size_min((size_t)workers, jobs);
        pg_thread_pool_run(pg_runtime_thread_pool(), workers, pg_processors(),
                           jobs, do_unless_interrupted, &all);
        return;
    }
    PG_EACH_OF (1, i, jobs)
        job(context, i, 0);
}
