/* OpenBLAS's threads, one in each thread that calls it, and its buffers:
   counted, mapped ahead of calls, and waited for. */

#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "base/blas.h"

#include <cblas.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/interrupt.h"
#include "base/threads.h"

/* Internals of OpenBLAS that it exports; another CBLAS may lack them. */
__attribute__((weak)) void *blas_memory_alloc(int position);
__attribute__((weak)) void blas_memory_free(void *buffer);

/* OpenBLAS's largest BUFFER_SIZE, and room for what its caller maps beside. */
#if defined __x86_64__ || defined __aarch64__
static const size_t BUFFER_BYTES = (size_t)128 << 20;
#else
static const size_t BUFFER_BYTES = (size_t)256 << 20;
#endif
static const size_t SPARE_BYTES = (size_t)4 << 20;

/* OpenBLAS has two buffers for each thread that it was built for, and 50 at
   least; its own threads may hold half of them. */
enum { MIN_BUILT_THREADS = 25 };

static atomic_int buffers; /* for calls to occupy; 0 while more are mapped */
static atomic_int calls;   /* calls that occupy a buffer */
static atomic_int waiting; /* threads that wait for `changed` */
static atomic_int usable;  /* the most buffers of use; 0: not known yet */
static int mapped_buffers; /* guarded by `lock` */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* --- threads -------------------------------------------------------------- */

static pthread_mutex_t settings_lock = PTHREAD_MUTEX_INITIALIZER;

/* Acts once in each thread: with OpenMP, OpenBLAS keeps a number for each. */
static void use_one_thread(void)
{
    static PG_THREAD_LOCAL bool is_set;
    if (is_set)
        return;
    pthread_mutex_lock(&settings_lock);
    openblas_set_num_threads(1);
    pthread_mutex_unlock(&settings_lock);
    is_set = true;
}

void pg_blas_name(char *text)
{
    char version[64] = "";
    use_one_thread();
    sscanf(openblas_get_config(), "OpenBLAS %63s", version);
    snprintf(text, PG_BLAS_TEXT, "OpenBLAS %s (%s)", version,
             openblas_get_corename());
}

/* --- calls ---------------------------------------------------------------- */

/* Counts the call, and then checks the number of buffers again: a thread that
   maps more sets it to 0 before it looks at the calls. While `lock` is held the
   number stays, so both checks agree. */
static bool occupy_buffer(void)
{
    int now = atomic_load(&calls);
    while (now < atomic_load(&buffers)) {
        if (!atomic_compare_exchange_weak(&calls, &now, now + 1))
            continue;
        if (now < atomic_load(&buffers))
            return true;
        pg_blas_leave();
        return false;
    }
    return false;
}

/* A thread that waits counts itself before it looks for a buffer, and one that
   leaves frees its buffer before it looks for threads that wait: one of the two
   sees the other. */
void pg_blas_enter(void)
{
    use_one_thread();
    if (occupy_buffer())
        return;
    pthread_mutex_lock(&lock);
    atomic_fetch_add(&waiting, 1);
    while (!occupy_buffer())
        pthread_cond_wait(&changed, &lock);
    atomic_fetch_sub(&waiting, 1);
    pthread_mutex_unlock(&lock);
}

void pg_blas_leave(void)
{
    int before = atomic_fetch_sub(&calls, 1);
    pg_assert(before > 0);
    (void)before;
    if (atomic_load(&waiting) == 0)
        return;
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* --- buffers -------------------------------------------------------------- */

static bool has_room(void)
{
    size_t bytes = BUFFER_BYTES + SPARE_BYTES;
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return false;
    munmap(room, bytes);
    return true;
}

/* Occupies all buffers at once, so that OpenBLAS maps the missing ones. Returns
   the number of buffers. No call may run meanwhile. */
static int map_buffers(int wanted)
{
    void *occupied[PG_MAX_THREADS];
    int count = 0;
    if (!blas_memory_alloc || !blas_memory_free)
        return wanted;
    pg_assert(wanted <= PG_MAX_THREADS);
    while (count < wanted && (count < mapped_buffers || has_room())) {
        occupied[count] = blas_memory_alloc(0);
        if (!occupied[count])
            break;
        count++;
    }
    for (int i = 0; i < count; i++)
        blas_memory_free(occupied[i]);
    return count;
}

static pg_status fail_room(pg_error *err)
{
    struct rlimit limit;
    size_t needed = (BUFFER_BYTES + SPARE_BYTES) >> 20;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        return pg_fail(err, PG_ENOMEM,
                       "not enough memory for a product: OpenBLAS needs %zu MB "
                       "of address space for a buffer; this process is limited "
                       "to %zu MB in all (ulimit -v)",
                       needed, (size_t)limit.rlim_cur >> 20);
    return pg_fail(err, PG_ENOMEM,
                   "not enough memory for a product: OpenBLAS needs %zu MB of "
                   "address space for a buffer, and the system has refused it",
                   needed);
}

/* The most buffers of use: threads beyond the processors, or beyond those that
   OpenBLAS was built for, wait for one. */
static int usable_buffers(void)
{
    int known = atomic_load(&usable);
    if (known > 0)
        return known;
    int threads = MIN_BUILT_THREADS;
    const char *text = strstr(openblas_get_config(), "MAX_THREADS=");
    if (text)
        sscanf(text, "MAX_THREADS=%d", &threads);
    size_t most = pg_size_max((size_t)threads, MIN_BUILT_THREADS);
    most = pg_size_min(most, (size_t)pg_processors());
    known = (int)pg_size_min(most, PG_MAX_THREADS);
    atomic_store(&usable, known);
    return known;
}

pg_status pg_blas_reserve(int threads, pg_error *err)
{
    pg_assert(threads >= 1);
    int most = usable_buffers(), wanted = threads < most ? threads : most;
    if (atomic_load(&buffers) >= wanted)
        return PG_OK;
    use_one_thread();
    pthread_mutex_lock(&lock);
    /* No call begins while there are 0 buffers. Another thread may set their
       number while this one waits for the calls that run. */
    atomic_fetch_add(&waiting, 1);
    atomic_store(&buffers, 0);
    while (atomic_load(&calls) > 0) {
        pthread_cond_wait(&changed, &lock);
        atomic_store(&buffers, 0);
    }
    atomic_fetch_sub(&waiting, 1);
    if (mapped_buffers < wanted)
        mapped_buffers = map_buffers(wanted);
    bool any = mapped_buffers > 0;
    atomic_store(&buffers, mapped_buffers);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return any ? PG_OK : fail_room(err);
}

/* --- forks ---------------------------------------------------------------- */

static void hold_settings(void)
{
    pthread_mutex_lock(&settings_lock);
}

static void release_settings(void)
{
    pthread_mutex_unlock(&settings_lock);
}

/* The child has the forking thread alone: no call runs, no thread waits, and
   the buffers that other threads occupied stay occupied. */
static void begin_child(void)
{
    release_settings();
    mapped_buffers -= atomic_load(&calls);
    atomic_store(&buffers, mapped_buffers);
    atomic_store(&calls, 0);
    atomic_store(&waiting, 0);
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&changed, NULL);
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(hold_settings, release_settings, begin_child);
}
