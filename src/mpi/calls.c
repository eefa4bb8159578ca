/* Collective operations that are begun, and tested until they are done. */
#define _DEFAULT_SOURCE /* nanosleep */

#include "mpi/calls.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mpi/process.h"

static pg_status fail_memory(pg_error *err)
{
    snprintf(err->message, sizeof err->message, "not enough memory");
    return PG_ENOMEM;
}

/* --- waiting -------------------------------------------------------------- */

enum {
    TRIES_AT_ONCE = 200, /* some 20 us: cores are often enough */
    NOTICES_EVERY = 64,  /* tries, after these */
};
/* Seconds of waiting after which a rank sleeps between tries: a fraction of
   what it has waited, but no longer than the second one. */
#define SLEEPY 0.002
#define LONGEST_SLEEP 0.001
#define SLEEP_FRACTION 0.02

/* The first rank that has ended, and so never makes the present call. */
static int find_ended(const mpi_comm *c)
{
    for (int r = 0; r < c->comm.size; r++) {
        int rank = c->world_rank[r];
        if (mpi.has_ended[rank] && mpi.ended[rank][c->number] < c->calls)
            return r;
    }
    return -1;
}

/* The error that ends a wait; PG_OK for none. */
static pg_status find_trouble(mpi_comm *c, const char *what, double waited,
                              pg_error *err)
{
    if (c->comm.is_interrupted && c->comm.is_interrupted()) {
        snprintf(err->message, sizeof err->message, "interrupted!");
        return PG_EINTERRUPT;
    }
    if (c->patience > 0 && waited > c->patience) {
        snprintf(err->message, sizeof err->message,
                 "rank %d has waited %g seconds for the others (%s)",
                 c->comm.rank, c->patience, what);
        return PG_EIO;
    }
    mpi_take_notices();
    int ended = find_ended(c);
    if (ended < 0)
        return PG_OK;
    snprintf(err->message, sizeof err->message,
             "rank %d has come to the end of its script, and rank %d waits for "
             "it (%s): all ranks must make the same calls",
             ended, c->comm.rank, what);
    return PG_EIO;
}

static void nap(double waited)
{
    double seconds = SLEEP_FRACTION * waited;
    if (seconds > LONGEST_SLEEP)
        seconds = LONGEST_SLEEP;
    nanosleep(&(struct timespec){.tv_nsec = (long)(seconds * 1e9)}, NULL);
}

/* Waits for operations that were begun. A rank that waits leaves its core to
   others at once, as there may be more ranks than cores, and sleeps after a
   while. */
static pg_status wait_for(mpi_comm *c, MPI_Request *requests, int count,
                          const char *what, pg_error *err)
{
    double start = MPI_Wtime();
    for (unsigned tries = 1;; tries++) {
        int is_done;
        pg_status status = mpi_check(
            MPI_Testall(count, requests, &is_done, MPI_STATUSES_IGNORE), what,
            err);
        if (status == PG_OK && is_done)
            return PG_OK;
        if (status == PG_OK && tries < TRIES_AT_ONCE)
            continue;
        double waited = MPI_Wtime() - start;
        if (status == PG_OK && tries % NOTICES_EVERY == 0)
            status = find_trouble(c, what, waited, err);
        if (status != PG_OK) {
            c->comm.is_broken = true;
            return status;
        }
        if (waited < SLEEPY)
            sched_yield();
        else
            nap(waited);
    }
}

/* Waits for an operation that was begun with this code. */
static pg_status finish(mpi_comm *c, int code, MPI_Request *request,
                        const char *what, pg_error *err)
{
    pg_status status = mpi_check(code, what, err);
    return status == PG_OK ? wait_for(c, request, 1, what, err) : status;
}

/* --- the calls ------------------------------------------------------------ */

/* The counts and displacements of parts: MPI has them as ints. */
typedef struct int_parts {
    int *counts, *starts;
} int_parts;

/* Frees them unless a call that was broken off may still read them. */
static void free_parts(const mpi_comm *c, int_parts *p)
{
    if (!c->comm.is_broken)
        free(p->counts);
}

static pg_status make_parts(int_parts *p, const size_t *bytes, int size,
                            pg_error *err)
{
    size_t start = 0;
    p->counts = malloc(2 * (size_t)size * sizeof *p->counts);
    if (!p->counts)
        return fail_memory(err);
    p->starts = p->counts + size;
    for (int r = 0; r < size; r++) {
        if (bytes[r] > INT_MAX || start > INT_MAX) {
            snprintf(err->message, sizeof err->message,
                     "ranks exchange at most 2 GB at a time");
            return PG_EARG;
        }
        p->counts[r] = (int)bytes[r];
        p->starts[r] = (int)start;
        start += bytes[r];
    }
    return PG_OK;
}

static pg_status all_gather(pg_comm *comm, void *buffer, const size_t *bytes,
                            pg_error *err)
{
    mpi_comm *c = (mpi_comm *)comm;
    int_parts parts = {0};
    MPI_Request request;
    c->calls++;
    pg_status status = make_parts(&parts, bytes, comm->size, err);
    if (status == PG_OK)
        status = finish(c,
                        MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, buffer,
                                        parts.counts, parts.starts, MPI_BYTE,
                                        c->handle, &request),
                        &request, "all_gather", err);
    free_parts(c, &parts);
    return status;
}

enum { LEAST_TAGS = 32768 }; /* that every MPI has */

/* A message for each part that is not empty. Open MPI 4.1's Ialltoallv confuses
   calls where a rank has only empty parts. */
static pg_status all_to_all(pg_comm *comm, void *received,
                            const size_t *received_bytes, const void *sent,
                            const size_t *sent_bytes, pg_error *err)
{
    mpi_comm *c = (mpi_comm *)comm;
    const size_t size = (size_t)comm->size;
    int_parts to = {0}, from = {0};
    int count = 0, tag = (int)(c->calls++ % LEAST_TAGS);
    MPI_Request *requests = malloc(2 * size * sizeof *requests);
    pg_status status = requests ? PG_OK : fail_memory(err);
    if (status == PG_OK)
        status = make_parts(&to, sent_bytes, comm->size, err);
    if (status == PG_OK)
        status = make_parts(&from, received_bytes, comm->size, err);
    for (int i = 0; i < comm->size && status == PG_OK; i++) {
        int r = (comm->rank + i) % comm->size; /* not all to rank 0 first */
        char *in = (char *)received + from.starts[r];
        const char *out = (const char *)sent + to.starts[r];
        if (i == 0) {
            memcpy(in, out, received_bytes[r]);
            continue;
        }
        if (from.counts[r] > 0)
            status = mpi_check(MPI_Irecv(in, from.counts[r], MPI_BYTE, r, tag,
                                         c->handle, &requests[count++]),
                               "MPI_Irecv", err);
        if (to.counts[r] > 0 && status == PG_OK)
            status = mpi_check(MPI_Isend(out, to.counts[r], MPI_BYTE, r, tag,
                                         c->handle, &requests[count++]),
                               "MPI_Isend", err);
    }
    if (status == PG_OK && count > 0)
        status = wait_for(c, requests, count, "all_to_all", err);
    free(requests);
    free_parts(c, &to);
    free_parts(c, &from);
    return status;
}

static pg_status broadcast(pg_comm *comm, void *buffer, size_t bytes, int root,
                           pg_error *err)
{
    mpi_comm *c = (mpi_comm *)comm;
    MPI_Request request;
    c->calls++;
    return finish(
        c, MPI_Ibcast(buffer, (int)bytes, MPI_BYTE, root, c->handle, &request),
        &request, "broadcast", err);
}

static pg_status add(pg_comm *comm, void *buffer, size_t count, bool is_double,
                     pg_error *err)
{
    mpi_comm *c = (mpi_comm *)comm;
    MPI_Request request;
    c->calls++;
    if (count > INT_MAX) {
        snprintf(err->message, sizeof err->message,
                 "ranks add at most %d numbers at a time", INT_MAX);
        return PG_EARG;
    }
    return finish(c,
                  MPI_Iallreduce(MPI_IN_PLACE, buffer, (int)count,
                                 is_double ? MPI_DOUBLE : MPI_FLOAT, MPI_SUM,
                                 c->handle, &request),
                  &request, "add", err);
}

const pg_comm_calls mpi_calls = {
    .all_gather = all_gather,
    .all_to_all = all_to_all,
    .broadcast = broadcast,
    .add = add,
};
