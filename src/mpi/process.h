/*
 * process.h -- this process as a rank of an MPI job: its start, its end, and
 * the communicators of its ranks.
 *
 * MPI belongs to the process: one Lua state opens the module. Calls never block
 * in MPI: they begin an operation, and test it until it is done (wait.h), so
 * that Ctrl-C and the end of another rank are noticed.
 */
#ifndef PG_MPI_PROCESS_H
#define PG_MPI_PROCESS_H

#include <mpi.h>

#include "core/comm/communicator.h"

/* A communicator with MPI's handle; the pg_comm comes first. */
typedef struct mpi_comm {
    pg_comm comm;
    MPI_Comm handle;
    int number;      /* among those of this process, in the order of making */
    int *world_rank; /* (size) of each rank */
    uint64_t calls;  /* that this process has begun */
    double patience; /* seconds that a call waits for other ranks; 0: for ever
                      */
} mpi_comm;

enum { MPI_MOST_COMMS = 32 };

/* The job, as MPI sees it. */
typedef struct mpi_process {
    int rank, size;
    bool has_threads;   /* MPI_THREAD_MULTIPLE */
    bool ends_with_all; /* a status other than 0 is that of all ranks */
    MPI_Comm notices;   /* for what ranks say when they end */
    mpi_comm *comms[MPI_MOST_COMMS];
    int comm_count;
    uint64_t (*ended)[MPI_MOST_COMMS]; /* (size) the calls that a rank made on
                                          each communicator until it ended */
    bool *has_ended;                   /* (size) */
} mpi_process;

extern mpi_process mpi;

/* Starts MPI, and has the process end it at its exit: with status 0, or where
   it ends with all, once all ranks have come to theirs; else the whole job is
   ended. PG_EIO. */
pg_status mpi_start(pg_error *err);

/* Takes the notices of ranks that have ended. */
void mpi_take_notices(void);

/* Makes a communicator of the handle. It stays until the process ends: what has
   begun on it may end later, and the end asks for its calls. PG_ENOMEM; PG_EARG
   where the process has too many. */
pg_status mpi_comm_new(mpi_comm **comm, MPI_Comm handle, pg_error *err);

/* PG_OK for MPI_SUCCESS, else PG_EIO with MPI's message. */
pg_status mpi_check(int code, const char *what, pg_error *err);

#endif
