#define _GNU_SOURCE /* for the processors that a process may run on */

#include "base/runtime.h"

#include <cblas.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/available.h"
#include "base/blas.h"
#include "base/pool.h"
#include "base/thread_pool.h"

static pg_allocation_hook allocation_hook;
static void *hook_context;
static pg_pool pool = PG_POOL_EMPTY;
static atomic_size_t live_bytes;
static atomic_size_t asked_at_bytes; /* live, when the system was asked */
static atomic_size_t most_resident;  /* 0: no limit */
static atomic_int thread_count;      /* 0: not asked for yet */
static atomic_int processor_count;
static pg_thread_pool team = PG_THREAD_POOL_EMPTY;
static pg_blas blas = PG_BLAS_EMPTY;
static pthread_once_t blas_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t blas_lock = PTHREAD_MUTEX_INITIALIZER;
/* OpenBLAS built on OpenMP asks each thread. */
static PG_EACH_THREADS bool blas_is_told;
PG_EACH_THREADS const pg_interrupt *pg_current_interrupt;
static _Atomic(const struct pg_target *) kernel_target;

void pg_runtime_set_allocation_hook(pg_allocation_hook hook, void *context)
{
    allocation_hook = hook;
    hook_context = context;
}

size_t pg_memory_left(void)
{
    size_t most = atomic_load(&most_resident), resident;
    if (!most)
        return pg_available();
    resident = pg_resident();
    return most > resident ? most - resident : 0;
}

/* What was freed may still be with the allocator. */
bool pg_memory_has(size_t bytes)
{
    if (bytes <= pg_memory_left())
        return true;
    pg_give_back_freed();
    return bytes <= pg_memory_left();
}

void pg_memory_limit(size_t more)
{
    atomic_store(&most_resident, more == SIZE_MAX ? 0 : pg_resident() + more);
}

/* The system is asked no more often than is cheap. */
static bool may_have(size_t bytes)
{
    size_t live = atomic_load(&live_bytes) + bytes;
    size_t asked = atomic_load(&asked_at_bytes);
    size_t change = live > asked ? live - asked : asked - live;
    if (bytes < PG_MEMORY_STEP && change < PG_MEMORY_STEP)
        return true;
    if (!pg_memory_has(bytes))
        return false;
    atomic_store(&asked_at_bytes, live);
    return true;
}

void *pg_malloc(size_t bytes)
{
    if (bytes > PTRDIFF_MAX / 2 ||
        (allocation_hook && !allocation_hook(bytes, hook_context)) ||
        !may_have(bytes))
        return NULL;
    void *memory = pg_pool_take(&pool, bytes);
    if (memory)
        atomic_fetch_add(&live_bytes, bytes);
    return memory;
}

void pg_free(void *memory, size_t bytes)
{
    if (!memory)
        return;
    atomic_fetch_sub(&live_bytes, bytes);
    pg_pool_give(&pool, memory, bytes);
}

size_t pg_live_bytes(void)
{
    return atomic_load(&live_bytes);
}

static int count_processors(void)
{
#ifdef CPU_COUNT
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (int)online;
}

int pg_processors(void)
{
    int processors = atomic_load(&processor_count);
    if (processors == 0) {
        processors = count_processors();
        atomic_store(&processor_count, processors);
    }
    return processors;
}

/* The number that a text is, if it is one in range; else 0. */
static int threads_in(const char *text)
{
    char *end;
    long threads = strtol(text, &end, 10);
    bool good = end != text && !*end && threads >= 1;
    return good && threads <= PG_MAX_THREADS ? (int)threads : 0;
}

pg_status pg_threads_check(const char *text, pg_error *err)
{
    if (!*text || threads_in(text) > 0)
        return PG_OK;
    return pg_fail(err, PG_EARG, "threads must be 1 to %d, not '%.100s'",
                   PG_MAX_THREADS, text);
}

/* $PERIGEE_THREADS where it is a number in range, else the processors. */
static int default_threads(void)
{
    const char *text = getenv("PERIGEE_THREADS");
    int threads = text ? threads_in(text) : 0;
    if (threads > 0)
        return threads;
    int processors = pg_processors();
    return processors < PG_MAX_THREADS ? processors : PG_MAX_THREADS;
}

int pg_threads(void)
{
    int threads = atomic_load(&thread_count);
    if (threads == 0) {
        threads = default_threads();
        atomic_store(&thread_count, threads);
    }
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

pg_thread_pool *pg_runtime_thread_pool(void)
{
    return &team;
}

void pg_runtime_need_blas(void)
{
    if (blas_is_told)
        return;
    pthread_mutex_lock(&blas_lock);
    openblas_set_num_threads(1);
    pthread_mutex_unlock(&blas_lock);
    blas_is_told = true;
}

static void forget_blas(void)
{
    pg_blas_forget_calls(&blas);
}

static void start_blas(void)
{
    pthread_atfork(NULL, NULL, forget_blas);
}

pg_blas *pg_runtime_blas(void)
{
    pthread_once(&blas_once, start_blas);
    return &blas;
}

const struct pg_target *pg_runtime_target(void)
{
    return atomic_load(&kernel_target);
}

void pg_runtime_set_target(const struct pg_target *target)
{
    atomic_store(&kernel_target, target);
}

/* A child that is forked has the forking thread alone: a lock that another one
   held would stay locked in it, and the team's threads are missing. */
static void hold_locks(void)
{
    pthread_mutex_lock(&blas_lock);
    pg_pool_lock(&pool);
}

static void release_locks(void)
{
    pg_pool_unlock(&pool);
    pthread_mutex_unlock(&blas_lock);
}

static void begin_child(void)
{
    release_locks();
    pg_thread_pool_forget(&team);
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(hold_locks, release_locks, begin_child);
}
