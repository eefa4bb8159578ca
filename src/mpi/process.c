/* The start and the end of a rank. */
#define _DEFAULT_SOURCE /* on_exit, nanosleep */

#include "mpi/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mpi/calls.h"

mpi_process mpi;

enum { NOTICE = 1 };

pg_status mpi_check(int code, const char *what, pg_error *err)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int n;
    if (code == MPI_SUCCESS)
        return PG_OK;
    MPI_Error_string(code, text, &n);
    snprintf(err->message, sizeof err->message, "%s: %s", what, text);
    return PG_EIO;
}

/* --- the end -------------------------------------------------------------- */

void mpi_take_notices(void)
{
    int is_there;
    MPI_Status status;
    while (MPI_Iprobe(MPI_ANY_SOURCE, NOTICE, mpi.notices, &is_there,
                      &status) == MPI_SUCCESS &&
           is_there) {
        int rank = status.MPI_SOURCE;
        MPI_Recv(mpi.ended[rank], MPI_MOST_COMMS, MPI_UINT64_T, rank, NOTICE,
                 mpi.notices, MPI_STATUS_IGNORE);
        mpi.has_ended[rank] = true;
    }
}

/* Tells all ranks that this one has ended, and waits until each of them has: a
   rank that waits for this one in a call learns that it waits in vain. */
static void end_together(void)
{
    static uint64_t calls[MPI_MOST_COMMS];
    MPI_Request *sent = calloc((size_t)mpi.size, sizeof *sent), all_ended;
    if (!sent)
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    for (int i = 0; i < mpi.comm_count; i++)
        calls[i] = mpi.comms[i]->calls;
    for (int r = 0; r < mpi.size; r++)
        MPI_Isend(calls, MPI_MOST_COMMS, MPI_UINT64_T, r, NOTICE, mpi.notices,
                  &sent[r]);
    MPI_Ibarrier(mpi.notices, &all_ended);
    int have_ended = 0, are_sent = 0;
    while (!have_ended || !are_sent) {
        MPI_Test(&all_ended, &have_ended, MPI_STATUS_IGNORE);
        MPI_Testall(mpi.size, sent, &are_sent, MPI_STATUSES_IGNORE);
        mpi_take_notices();
        if (!have_ended)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    free(sent);
    mpi_take_notices();
    MPI_Finalize();
}

static bool has_broken_comm(void)
{
    for (int i = 0; i < mpi.comm_count; i++)
        if (mpi.comms[i]->comm.is_broken)
            return true;
    return false;
}

/* An error of one rank ends the job: others may wait for it. */
static void at_exit(int status, void *nothing)
{
    int is_finalized;
    (void)nothing;
    if (MPI_Finalized(&is_finalized) != MPI_SUCCESS || is_finalized)
        return;
    bool is_error = (status != 0 && !mpi.ends_with_all) || has_broken_comm();
    fflush(NULL); /* the launcher may end this process when another has ended */
    if (mpi.size > 1 && is_error)
        MPI_Abort(MPI_COMM_WORLD, status != 0 ? status : EXIT_FAILURE);
    end_together();
}

/* --- the start ------------------------------------------------------------ */

/* Has lines of standard output leave the process whole, as those of other ranks
   come between: MPICH takes its buffer away. */
static void buffer_lines(void)
{
    static char buffer[BUFSIZ];
    fflush(stdout);
    setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
}

pg_status mpi_start(pg_error *err)
{
    int level;
    pg_status status =
        mpi_check(MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &level),
                  "MPI_Init_thread", err);
    if (status != PG_OK)
        return status;
    mpi.has_threads = level == MPI_THREAD_MULTIPLE;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &mpi.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &mpi.size);
    if (mpi.size > 1)
        buffer_lines();
    on_exit(at_exit, NULL);
    mpi.ended = calloc((size_t)mpi.size, sizeof *mpi.ended);
    mpi.has_ended = calloc((size_t)mpi.size, sizeof *mpi.has_ended);
    if (!mpi.ended || !mpi.has_ended) {
        snprintf(err->message, sizeof err->message, "not enough memory");
        return PG_ENOMEM;
    }
    return mpi_check(MPI_Comm_dup(MPI_COMM_WORLD, &mpi.notices), "MPI_Comm_dup",
                     err);
}

/* --- communicators -------------------------------------------------------- */

/* The rank in MPI_COMM_WORLD of each rank of the communicator. */
static pg_status find_world_ranks(mpi_comm *c, int size, pg_error *err)
{
    MPI_Group group, world;
    int *ranks = calloc((size_t)size, sizeof *ranks);
    c->world_rank = calloc((size_t)size, sizeof *c->world_rank);
    if (!ranks || !c->world_rank) {
        free(ranks);
        snprintf(err->message, sizeof err->message, "not enough memory");
        return PG_ENOMEM;
    }
    for (int r = 0; r < size; r++)
        ranks[r] = r;
    MPI_Comm_group(c->handle, &group);
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_translate_ranks(group, size, ranks, world, c->world_rank);
    MPI_Group_free(&group);
    MPI_Group_free(&world);
    free(ranks);
    return PG_OK;
}

pg_status mpi_comm_new(mpi_comm **comm, MPI_Comm handle, pg_error *err)
{
    int rank, size;
    mpi_comm *c = *comm = calloc(1, sizeof *c);
    if (mpi.comm_count == MPI_MOST_COMMS) {
        snprintf(err->message, sizeof err->message,
                 "a process has at most %d communicators", MPI_MOST_COMMS);
        return PG_EARG;
    }
    if (!c) {
        snprintf(err->message, sizeof err->message, "not enough memory");
        return PG_ENOMEM;
    }
    MPI_Comm_set_errhandler(handle, MPI_ERRORS_RETURN);
    MPI_Comm_rank(handle, &rank);
    MPI_Comm_size(handle, &size);
    *c = (mpi_comm){.handle = handle, .number = mpi.comm_count};
    c->comm = (pg_comm){.bytes = sizeof c->comm,
                        .rank = rank,
                        .size = size,
                        .calls = &mpi_calls};
    c->comm.meetings = calloc((size_t)size, sizeof *c->comm.meetings);
    c->comm.parts = calloc(2 * (size_t)size, sizeof *c->comm.parts);
    if (!c->comm.meetings || !c->comm.parts) {
        snprintf(err->message, sizeof err->message, "not enough memory");
        return PG_ENOMEM;
    }
    pg_status status = find_world_ranks(c, size, err);
    if (status == PG_OK)
        mpi.comms[mpi.comm_count++] = c;
    return status;
}
