#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "base/blas.h"

#include <cblas.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/runtime.h"

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

void pg_blas_name(char *text)
{
    char version[64] = "";
    pg_runtime_need_blas();
    sscanf(openblas_get_config(), "OpenBLAS %63s", version);
    snprintf(text, PG_BLAS_TEXT, "OpenBLAS %s (%s)", version,
             openblas_get_corename());
}

/* --- calls ---------------------------------------------------------------- */

/* Looks at the number of buffers once more when its call counts: a thread that
   maps more has closed them before it looks at the calls. While `lock` is held
   the number stays, and that look agrees with the first. */
static bool occupy(pg_blas *b)
{
    int now = atomic_load(&b->calls);
    while (now < atomic_load(&b->buffers)) {
        if (!atomic_compare_exchange_weak(&b->calls, &now, now + 1))
            continue;
        if (now < atomic_load(&b->buffers))
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
    pg_blas *b = pg_runtime_blas();
    pg_runtime_need_blas();
    if (occupy(b))
        return;
    pthread_mutex_lock(&b->lock);
    atomic_fetch_add(&b->waiting, 1);
    while (!occupy(b))
        pthread_cond_wait(&b->changed, &b->lock);
    atomic_fetch_sub(&b->waiting, 1);
    pthread_mutex_unlock(&b->lock);
}

void pg_blas_leave(void)
{
    pg_blas *b = pg_runtime_blas();
    atomic_fetch_sub(&b->calls, 1);
    if (atomic_load(&b->waiting) == 0)
        return;
    pthread_mutex_lock(&b->lock);
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
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
static int map_buffers(const pg_blas *b, int wanted)
{
    void *occupied[PG_MAX_THREADS];
    int count = 0;
    if (!blas_memory_alloc || !blas_memory_free)
        return wanted;
    while (count < wanted && (count < b->mapped || has_room())) {
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
static void close_buffers(pg_blas *b)
{
    atomic_fetch_add(&b->waiting, 1);
    atomic_store(&b->buffers, 0);
    while (atomic_load(&b->calls) > 0) {
        pthread_cond_wait(&b->changed, &b->lock);
        atomic_store(&b->buffers, 0);
    }
    atomic_fetch_sub(&b->waiting, 1);
}

void pg_blas_forget_calls(pg_blas *b)
{
    b->mapped -= atomic_load(&b->calls);
    atomic_store(&b->buffers, b->mapped);
    atomic_store(&b->calls, 0);
    atomic_store(&b->waiting, 0);
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
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
static int most_buffers(pg_blas *b)
{
    if (atomic_load(&b->most) == 0) {
        int built_for = threads_of_openblas(), processors = pg_processors();
        int least = processors < built_for ? processors : built_for;
        atomic_store(&b->most, least < PG_MAX_THREADS ? least : PG_MAX_THREADS);
    }
    return atomic_load(&b->most);
}

pg_status pg_blas_reserve(int threads, pg_error *err)
{
    pg_blas *b = pg_runtime_blas();
    int most = most_buffers(b), wanted = threads < most ? threads : most;
    if (atomic_load(&b->buffers) >= wanted)
        return PG_OK;
    pg_runtime_need_blas();
    pthread_mutex_lock(&b->lock);
    close_buffers(b);
    if (b->mapped < wanted)
        b->mapped = map_buffers(b, wanted);
    bool any = b->mapped > 0;
    atomic_store(&b->buffers, b->mapped);
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
    return any ? PG_OK : fail_room(err);
}
