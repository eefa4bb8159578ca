#include "share.h"

#include "runtime.h"
#include "team.h"

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

void pg_share(size_t jobs, bool worth_a_team, pg_job job, void *context)
{
    plain_job plain = {job, context};
    if (worth_a_team && jobs > 1)
        pg_share_among(pg_threads(), jobs, do_plain, &plain);
    else
        for (size_t i = 0; i < jobs; i++)
            job(context, i);
}

void pg_share_among(int workers, size_t jobs, pg_worker_job job, void *context)
{
    if (workers > 1 && jobs > 1) {
        workers = (int)pg_size_min((size_t)workers, jobs);
        pg_team_run(pg_runtime_team(), workers, pg_processors(), jobs, job,
                    context);
        return;
    }
    for (size_t i = 0; i < jobs; i++)
        job(context, i, 0);
}
