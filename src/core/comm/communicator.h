/*
 * communicator.h -- processes that compute together, each with a rank, and what
 * they send each other.
 *
 * The core knows no library for that: whoever makes a communicator brings the
 * calls (src/mpi). All ranks make the same calls in the same order. Each begins
 * with a meeting, at which the ranks compare the operation that they are in,
 * and hear which of them have failed: so a difference raises on all ranks, and
 * none waits for one that does something else.
 */
#ifndef PG_COMMUNICATOR_H
#define PG_COMMUNICATOR_H

#include "base/status.h"

typedef struct pg_comm pg_comm;

/* The calls that all ranks make together. Sizes are bytes, at most INT_MAX in
   all. Each returns PG_EIO where the other ranks cannot be reached any more,
   and PG_EINTERRUPT after Ctrl-C: then no other call may follow. */
typedef struct pg_comm_calls {
    /* buffer has the parts of all ranks, one after the other; each brings its
       own. */
    pg_status (*all_gather)(pg_comm *comm, void *buffer, const size_t *bytes,
                            pg_error *err);
    /* Sends a part to each rank, and receives one of each. */
    pg_status (*all_to_all)(pg_comm *comm, void *received,
                            const size_t *received_bytes, const void *sent,
                            const size_t *sent_bytes, pg_error *err);
    pg_status (*broadcast)(pg_comm *comm, void *buffer, size_t bytes, int root,
                           pg_error *err);
    /* buffer = the sums of the ranks' numbers, float or double, in any order.
     */
    pg_status (*add)(pg_comm *comm, void *buffer, size_t count, bool is_double,
                     pg_error *err);
} pg_comm_calls;

/* A rank's sums for nodes of the tree (shards.h) that it owns: at most two for
   each level. */
enum { PG_MOST_NODES = 24 };

/* A rank's record at a meeting. */
typedef struct pg_meeting {
    char operation[32]; /* "step", "bcast" */
    uint64_t tag;       /* what the ranks must agree on */
    int32_t status;     /* pg_status */
    uint32_t bytes;     /* of a text that follows */
    uint32_t nodes;
    double weight; /* of the rank's rows, by which the sum is divided; or 0 */
    uint32_t node[PG_MOST_NODES];
    double loss[PG_MOST_NODES];
} pg_meeting;

struct pg_comm {
    size_t bytes; /* sizeof(pg_comm), for which the maker was compiled */
    int rank, size;
    const pg_comm_calls *calls;
    pg_meeting *meetings;         /* (size), of the maker: those of all ranks */
    size_t *parts;                /* (2 size), of the maker: room for sizes */
    bool is_broken;               /* no further call is possible */
    bool (*is_interrupted)(void); /* NULL, or asked while a call waits */
};

/* Has all ranks meet. `own` is the rank's meeting, and status what has happened
   to it until now: its own error is returned as it is, another rank's with that
   rank's number. PG_EARG where the ranks are in different operations; where
   tags differ, `what` says in a message what the ranks should have agreed on.
 */
pg_status pg_comm_meet(pg_comm *comm, pg_meeting *own, pg_status status,
                       const char *what, pg_error *err);

/* The operation's name for a meeting, cut to its room. */
void pg_meeting_name(pg_meeting *own, const char *operation);

/* Continues a tag by n bytes (Fowler, Noll and Vo: FNV-1a of 64 bits); 0 at
   first. */
uint64_t pg_tag_add(uint64_t tag, const void *bytes, size_t n);

#endif
