/* Ranks as threads of one process: a communicator over shared memory, for tests
   of what ranks exchange. */
#include "ranks.h"

#include <pthread.h>
#include <string.h>

#include "test.h"

enum { MOST_RANKS = 40 };

/* What the ranks share: the arguments of a call, which all can see between two
   barriers. */
typedef struct job {
    pthread_barrier_t barrier;
    const void *sent[MOST_RANKS];
    const size_t *sizes[MOST_RANKS];
    rank_work work;
    void *context;
} job;

typedef struct rank {
    pg_comm comm; /* first */
    job *job;
    pthread_t thread;
    pg_meeting meetings[MOST_RANKS];
    size_t parts[2 * MOST_RANKS];
} rank;

static void wait_for_all(const rank *r)
{
    pthread_barrier_wait(&r->job->barrier);
}

static size_t sum_before(const size_t *sizes, int end)
{
    size_t sum = 0;
    for (int i = 0; i < end; i++)
        sum += sizes[i];
    return sum;
}

static pg_status all_gather(pg_comm *comm, void *buffer, const size_t *bytes,
                            pg_error *err)
{
    rank *me = (rank *)comm;
    (void)err;
    me->job->sent[comm->rank] = buffer;
    wait_for_all(me);
    for (int r = 0; r < comm->size; r++) {
        size_t at = sum_before(bytes, r);
        if (r != comm->rank)
            memcpy((char *)buffer + at, (const char *)me->job->sent[r] + at,
                   bytes[r]);
    }
    wait_for_all(me);
    return PG_OK;
}

static pg_status all_to_all(pg_comm *comm, void *received,
                            const size_t *received_bytes, const void *sent,
                            const size_t *sent_bytes, pg_error *err)
{
    rank *me = (rank *)comm;
    char *to = received;
    (void)err;
    me->job->sent[comm->rank] = sent;
    me->job->sizes[comm->rank] = sent_bytes;
    wait_for_all(me);
    for (int r = 0; r < comm->size; r++) {
        const size_t *theirs = me->job->sizes[r];
        if (theirs[comm->rank] != received_bytes[r])
            fail("rank %d sends %zu bytes to rank %d, which expects %zu", r,
                 theirs[comm->rank], comm->rank, received_bytes[r]);
        if (received_bytes[r] > 0)
            memcpy(to,
                   (const char *)me->job->sent[r] +
                       sum_before(theirs, comm->rank),
                   received_bytes[r]);
        to += received_bytes[r];
    }
    wait_for_all(me);
    return PG_OK;
}

static const pg_comm_calls calls = {.all_gather = all_gather,
                                    .all_to_all = all_to_all};

static void *run(void *me)
{
    rank *r = me;
    r->job->work(r->job->context, &r->comm);
    return NULL;
}

void run_ranks(int size, rank_work work, void *context)
{
    static rank ranks[MOST_RANKS];
    static job shared;
    shared = (job){.work = work, .context = context};
    pthread_barrier_init(&shared.barrier, NULL, (unsigned)size);
    for (int i = 0; i < size; i++) {
        rank *r = &ranks[i];
        *r = (rank){.job = &shared};
        r->comm = (pg_comm){.bytes = sizeof r->comm,
                            .rank = i,
                            .size = size,
                            .calls = &calls,
                            .meetings = r->meetings,
                            .parts = r->parts};
        pthread_create(&r->thread, NULL, run, r);
    }
    for (int i = 0; i < size; i++)
        pthread_join(ranks[i].thread, NULL);
    pthread_barrier_destroy(&shared.barrier);
}
