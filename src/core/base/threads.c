/* The number of threads and of processors, each found when first needed. */

#define _GNU_SOURCE /* sched_getaffinity */

#include "base/threads.h"

#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int thread_count; /* 0: not known yet */
static atomic_int processor_count;

int pg_processors(void)
{
    int processors = atomic_load(&processor_count);
    if (processors > 0)
        return processors;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    processors = online < 1 ? 1 : (int)online;
#ifdef CPU_COUNT
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        processors = CPU_COUNT(&set);
#endif
    atomic_store(&processor_count, processors);
    return processors;
}

/* The number in text; 0 if that is not a number in 1..PG_MAX_THREADS. */
static int parse_threads(const char *text)
{
    char *end;
    long threads = strtol(text, &end, 10);
    bool valid = end != text && !*end && threads >= 1;
    return valid && threads <= PG_MAX_THREADS ? (int)threads : 0;
}

pg_status pg_threads_check(const char *text, pg_error *err)
{
    if (!*text || parse_threads(text) > 0)
        return PG_OK;
    return pg_fail(err, PG_EARG, "threads must be 1 to %d, not '%.100s'",
                   PG_MAX_THREADS, text);
}

int pg_threads(void)
{
    int threads = atomic_load(&thread_count);
    if (threads > 0)
        return threads;
    const char *text = getenv("PERIGEE_THREADS");
    threads = text ? parse_threads(text) : 0;
    if (threads == 0) {
        int processors = pg_processors();
        threads = processors < PG_MAX_THREADS ? processors : PG_MAX_THREADS;
    }
    atomic_store(&thread_count, threads);
    return threads;
}

pg_status pg_set_threads(int64_t threads, pg_error *err)
{
    if (threads < 1 || threads > PG_MAX_THREADS)
        return pg_fail(err, PG_EARG, "threads must be 1 to %d, not %" PRId64,
                       PG_MAX_THREADS, threads);
    atomic_store(&thread_count, (int)threads);
    return PG_OK;
}
