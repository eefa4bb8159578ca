#include "runtime.h"

#include <cblas.h>
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "pool.h"

static pg_allocation_hook allocation_hook;
static void *hook_context;
static pg_pool pool = PG_POOL_EMPTY;
static atomic_size_t live_bytes;
static atomic_int thread_count; /* 0: not asked for yet */
static pthread_once_t blas_once = PTHREAD_ONCE_INIT;
static _Atomic(const struct pg_target *) kernel_target;

void pg_runtime_set_allocation_hook(pg_allocation_hook hook, void *context)
{
    allocation_hook = hook;
    hook_context = context;
}

void *pg_malloc(size_t bytes)
{
    if (bytes > PTRDIFF_MAX / 2 ||
        (allocation_hook && !allocation_hook(bytes, hook_context)))
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

/* $PERIGEE_THREADS where it is a number in range, else the processors that
   this process may run on. */
static int default_threads(void)
{
    const char *text = getenv("PERIGEE_THREADS");
    if (text) {
        char *end;
        long threads = strtol(text, &end, 10);
        if (end != text && !*end && threads >= 1 && threads <= PG_MAX_THREADS)
            return (int)threads;
    }
    int processors = omp_get_num_procs();
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

pg_status pg_set_threads(int threads, pg_error *err)
{
    if (threads < 1 || threads > PG_MAX_THREADS)
        return pg_fail(err, PG_EARG, "threads must be 1 to %d, not %d",
                       PG_MAX_THREADS, threads);
    atomic_store(&thread_count, threads);
    return PG_OK;
}

static void start_blas(void)
{
    openblas_set_num_threads(1);
}

void pg_runtime_need_blas(void)
{
    pthread_once(&blas_once, start_blas);
}

const struct pg_target *pg_runtime_target(void)
{
    return atomic_load(&kernel_target);
}

void pg_runtime_set_target(const struct pg_target *target)
{
    atomic_store(&kernel_target, target);
}
