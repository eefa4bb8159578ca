/*
 * calls.h -- the calls of a communicator (comm/communicator.h), by MPI's
 * collective operations.
 */
#ifndef PG_MPI_CALLS_H
#define PG_MPI_CALLS_H

#include "core/comm/communicator.h"

extern const pg_comm_calls mpi_calls;

#endif
