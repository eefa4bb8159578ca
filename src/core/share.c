#include "share.h"

#include "runtime.h"

void pg_share(size_t jobs, bool worth_a_team, pg_job job, void *context)
{
    if (jobs < 2 || !worth_a_team || pg_threads() == 1) {
        for (size_t i = 0; i < jobs; i++)
            job(context, i);
        return;
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(pg_threads())
    for (size_t i = 0; i < jobs; i++)
        job(context, i);
}
