#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "blas.h"

#include <cblas.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "runtime.h"

/* OpenBLAS's own, for its interfaces; another library may not have them. */
__attribute__((weak)) void *blas_memory_alloc(int position);
__attribute__((weak)) void blas_memory_free(void *buffer);

/* OpenBLAS's BUFFER_SIZE where it is largest, and what its caller may still
   need beside it. */
#if defined __x86_64__ || defined __aarch64__
static const size_t BUFFER_BYTES = (size_t)128 << 20;
#else
static const size_t BUFFER_BYTES = (size_t)256 << 20;
#endif
static const size_t SPARE_BYTES = (size_t)4 << 20;

/* OpenBLAS counts twice as many buffers as threads that it was built for, and
   50 at least; its own threads may hold half of them. */
enum { LEAST_THREADS = 25 };

static atomic_int buffers; /* that may be occupied; 0 while more are mapped */
static atomic_int calls;   /* that occupy one */
static atomic_int waiting; /* threads, on `changed` */
static int mapped;         /* guarded by `lock`, as the next three are */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

/* OpenBLAS built on OpenMP asks each thread. In static memory: LeakSanitizer
   stumbles over what a module that is loaded later has for each thread. */
static _Thread_local __attribute__((tls_model("initial-exec"))) bool told;

static void use_one_thread(void)
{
    if (told)
        return;
    pthread_mutex_lock(&lock);
    openblas_set_num_threads(1);
    pthread_mutex_unlock(&lock);
    told = true;
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

/* Looks at the number of buffers once more when its call counts: a thread that
   maps more has closed them before it looks at the calls. While `lock` is held
   the number stays, and that look agrees with the first. */
static bool occupy(void)
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
   leaves gives its buffer back before it looks for threads that wait: one of
   the two sees the other. */
void pg_blas_enter(void)
{
    use_one_thread();
    if (occupy())
        return;
    pthread_mutex_lock(&lock);
    atomic_fetch_add(&waiting, 1);
    while (!occupy())
        pthread_cond_wait(&changed, &lock);
    atomic_fetch_sub(&waiting, 1);
    pthread_mutex_unlock(&lock);
}

void pg_blas_leave(void)
{
    atomic_fetch_sub(&calls, 1);
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

/* Occupies all buffers at once, so that OpenBLAS maps those that are missing.
   While no call runs. */
static int map_buffers(int wanted)
{
    void *occupied[PG_MAX_THREADS];
    int count = 0;
    if (!blas_memory_alloc || !blas_memory_free)
        return wanted;
    while (count < wanted && (count < mapped || has_room())) {
        occupied[count] = blas_memory_alloc(0);
        if (!occupied[count])
            break;
        count++;
    }
    for (int i = 0; i < count; i++)
        blas_memory_free(occupied[i]);
    return count;
}

/* Lets no call begin, and waits for those that run. Another thread may open the
   buffers while this one waits. */
static void close_buffers(void)
{
    atomic_fetch_add(&waiting, 1);
    atomic_store(&buffers, 0);
    while (atomic_load(&calls) > 0) {
        pthread_cond_wait(&changed, &lock);
        atomic_store(&buffers, 0);
    }
    atomic_fetch_sub(&waiting, 1);
}

/* In a child that was forked: buffers that other threads occupied stay so. */
static void forget_calls(void)
{
    int lost = atomic_load(&calls);
    mapped -= lost;
    atomic_store(&buffers, mapped);
    atomic_store(&calls, 0);
    atomic_store(&waiting, 0);
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&changed, NULL);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, forget_calls);
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

/* The number of threads that OpenBLAS was built for. */
static int threads_of_openblas(void)
{
    int threads = LEAST_THREADS;
    const char *text = strstr(openblas_get_config(), "MAX_THREADS=");
    if (text)
        sscanf(text, "MAX_THREADS=%d", &threads);
    return threads > LEAST_THREADS ? threads : LEAST_THREADS;
}

/* The most buffers that are of use: threads beyond the processors, or beyond
   those that OpenBLAS was built for, wait for one. */
static int most_buffers(void)
{
    static atomic_int most;
    if (atomic_load(&most) == 0) {
        int built_for = threads_of_openblas(), processors = pg_processors();
        int least = processors < built_for ? processors : built_for;
        atomic_store(&most, least < PG_MAX_THREADS ? least : PG_MAX_THREADS);
    }
    return atomic_load(&most);
}

pg_status pg_blas_reserve(int threads, pg_error *err)
{
    int most = most_buffers(), wanted = threads < most ? threads : most;
    if (atomic_load(&buffers) >= wanted)
        return PG_OK;
    use_one_thread();
    pthread_once(&fork_once, watch_forks);
    pthread_mutex_lock(&lock);
    close_buffers();
    if (mapped < wanted)
        mapped = map_buffers(wanted);
    bool any = mapped > 0;
    atomic_store(&buffers, mapped);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return any ? PG_OK : fail_room(err);
}
