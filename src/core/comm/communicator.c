/* Meetings: the ranks compare what they do, and hear of each other's errors. */

#include "comm/communicator.h"

#include <stdio.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"

void pg_meeting_name(pg_meeting *own, const char *operation)
{
    snprintf(own->operation, sizeof own->operation, "%s", operation);
}

uint64_t pg_tag_add(uint64_t tag, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    tag ^= 0xcbf29ce484222325;
    for (size_t i = 0; i < n; i++)
        tag = (tag ^ b[i]) * 0x100000001b3;
    return tag;
}

/* The first rank that has failed; the number of ranks where none has. */
static int first_failed(const pg_comm *comm)
{
    int r = 0;
    while (r < comm->size && comm->meetings[r].status == PG_OK)
        r++;
    return r;
}

/* Has all ranks exchange their messages, after one has failed. Returns that
   rank's status, with its message. */
static pg_status exchange_messages(pg_comm *comm, pg_status own, int failed,
                                   pg_error *err)
{
    const size_t bytes = (size_t)comm->size * sizeof *err;
    pg_error *all = pg_malloc(bytes);
    if (!all)
        return pg_fail_memory(err, bytes);
    for (int r = 0; r < comm->size; r++)
        comm->parts[r] = sizeof *err;
    memset(&all[comm->rank], 0, sizeof *all);
    if (own != PG_OK)
        all[comm->rank] = *err;
    pg_status status = comm->calls->all_gather(comm, all, comm->parts, err);
    if (status == PG_OK && own != PG_OK) {
        *err = all[comm->rank];
        status = own;
    } else if (status == PG_OK) {
        all[failed].message[PG_ERROR_SIZE - 1] = '\0';
        status = pg_fail(err, (pg_status)comm->meetings[failed].status,
                         "rank %d: %s", failed, all[failed].message);
    }
    if (!comm->is_broken) /* else it may still be written to */
        pg_free(all, bytes);
    return status;
}

/* PG_EARG where a rank is in another operation than rank 0, or has another tag.
 */
static pg_status compare(const pg_comm *comm, const char *what, pg_error *err)
{
    const pg_meeting *all = comm->meetings;
    for (int r = 1; r < comm->size; r++) {
        if (strcmp(all[r].operation, all[0].operation) != 0)
            return pg_fail(err, PG_EARG,
                           "the ranks do different things: rank 0 is in %s, "
                           "rank %d in %s",
                           all[0].operation, r, all[r].operation);
        if (all[r].tag != all[0].tag)
            return pg_fail(err, PG_EARG, "rank %d has other %s than rank 0", r,
                           what);
    }
    return PG_OK;
}

pg_status pg_comm_meet(pg_comm *comm, pg_meeting *own, pg_status status,
                       const char *what, pg_error *err)
{
    if (comm->is_broken)
        return pg_fail(err, PG_EIO,
                       "the ranks cannot go on together after a call that was "
                       "broken off");
    if (status == PG_EINTERRUPT) { /* it cannot wait for the others */
        comm->is_broken = true;
        return status;
    }
    own->status = (int32_t)status;
    comm->meetings[comm->rank] = *own;
    for (int r = 0; r < comm->size; r++)
        comm->parts[r] = sizeof *own;
    pg_error problem;
    pg_status met =
        comm->calls->all_gather(comm, comm->meetings, comm->parts, &problem);
    if (met != PG_OK) {
        if (status == PG_OK)
            *err = problem;
        return status == PG_OK ? met : status;
    }
    int failed = first_failed(comm);
    if (failed < comm->size)
        return exchange_messages(comm, status, failed, err);
    return compare(comm, what, err);
}
