/*
 * share.h -- independent jobs, shared among the threads.
 */
#ifndef PG_SHARE_H
#define PG_SHARE_H

#include "perigee.h"

/* One of the jobs, numbered from 0. Called from several threads at once. */
typedef void (*pg_job)(void *context, size_t job);

/* Does all jobs, in no promised order: on this thread alone where they are not
   worth a team, which takes longer to start than most small operations run. */
void pg_share(size_t jobs, bool worth_a_team, pg_job job, void *context);

#endif
