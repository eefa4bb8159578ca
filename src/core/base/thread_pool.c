/* The thread pool: one run at a time, announced by a counter.

   Every atomic operation here is sequentially consistent. Two pairs of
   questions need that, as both answers of a pair must not be no. A member
   counts itself inside and asks if the run is open; the caller closes the run
   and asks if a member is inside. A member falls asleep and asks if a run has
   begun; the caller begins one and asks if a member sleeps. */

#include "base/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "base/threads.h"

#if defined __x86_64__ || defined __i386__
#define PAUSE() __builtin_ia32_pause()
#elif defined __aarch64__
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

/* A thread spins before it sleeps, for longer than Lua and its collector take
   from one run to the next; waking takes as long. The clock is read once for
   LOOKS_PER_CLOCK looks, since reading it takes longer than a look. */
enum { SPIN_NANOSECONDS = 200000, LOOKS_PER_CLOCK = 64 };

typedef struct member {
    int worker; /* its number in a run; the caller is 0 */
    pthread_cond_t begun;
    atomic_bool asleep;
} member;

/* Fields that one thread writes often, and another reads, have their own cache
   lines. */
typedef struct thread_pool {
    atomic_flag busy;  /* a run is under way */
    int members;       /* threads that were started: workers 1 .. members */
    atomic_bool spins; /* threads that wait spin first */

    /* The run. Its caller writes it while it is closed and nobody is inside. */
    pg_worker_job job;
    void *context;
    size_t jobs;
    int workers;
    _Alignas(64) atomic_size_t next; /* the job that is taken next */
    _Alignas(64) atomic_bool open;
    atomic_int inside; /* members that may read the run */

    _Alignas(64) atomic_uint_fast64_t runs; /* members wait for it to grow */
    _Alignas(64) pthread_mutex_t lock;      /* guards the conditions */
    pthread_cond_t left;                    /* no member is inside */
    atomic_bool caller_sleeps;
    member member[PG_MAX_THREADS - 1];
} thread_pool;

#define EMPTY_POOL                                                   \
    {                                                                \
        .busy = ATOMIC_FLAG_INIT, .lock = PTHREAD_MUTEX_INITIALIZER, \
        .left = PTHREAD_COND_INITIALIZER                             \
    }

static thread_pool pool = EMPTY_POOL;

/* A thread's wait, while it spins. */
typedef struct spin {
    int looks;
    struct timespec end;
} spin;

/* True if the thread should look again. False at once if there are more threads
   than processors. */
static bool keeps_spinning(spin *s)
{
    struct timespec now;
    PAUSE();
    if (s->looks++ % LOOKS_PER_CLOCK > 0)
        return true;
    if (!atomic_load(&pool.spins))
        return false;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (s->looks == 1) {
        s->end = now;
        s->end.tv_nsec += SPIN_NANOSECONDS;
    }
    long seconds = (long)(s->end.tv_sec - now.tv_sec);
    return seconds * 1000000000 + s->end.tv_nsec - now.tv_nsec > 0;
}

static void take_jobs(int worker)
{
    pg_worker_job job = pool.job;
    void *context = pool.context;
    size_t i, jobs = pool.jobs;
    while ((i = atomic_fetch_add(&pool.next, 1)) < jobs)
        job(context, i, worker);
}

/* --- members -------------------------------------------------------------- */

static void wait_for_run(member *m, uint_fast64_t seen)
{
    spin s = {0};
    do {
        if (atomic_load(&pool.runs) != seen)
            return;
    } while (keeps_spinning(&s));
    pthread_mutex_lock(&pool.lock);
    atomic_store(&m->asleep, true);
    while (atomic_load(&pool.runs) == seen)
        pthread_cond_wait(&m->begun, &pool.lock);
    atomic_store(&m->asleep, false);
    pthread_mutex_unlock(&pool.lock);
}

/* A member works for the run that is open when it comes in, which may be a
   later one than it woke up for. */
static void *run_member(void *argument)
{
    member *m = argument;
    uint_fast64_t seen = 0;
    for (;;) {
        wait_for_run(m, seen);
        seen = atomic_load(&pool.runs);
        atomic_fetch_add(&pool.inside, 1);
        if (atomic_load(&pool.open) && m->worker < pool.workers)
            take_jobs(m->worker);
        int inside = atomic_fetch_sub(&pool.inside, 1) - 1;
        if (inside > 0 || !atomic_load(&pool.caller_sleeps))
            continue;
        pthread_mutex_lock(&pool.lock);
        pthread_cond_signal(&pool.left);
        pthread_mutex_unlock(&pool.lock);
    }
    return NULL;
}

/* --- the caller ----------------------------------------------------------- */

/* Members block all signals: these are for the threads of the program. */
static bool start_member(void)
{
    pthread_t thread;
    sigset_t all, before;
    member *m = &pool.member[pool.members];
    *m =
        (member){.worker = pool.members + 1, .begun = PTHREAD_COND_INITIALIZER};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, NULL, run_member, m) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        pthread_detach(thread);
    return started;
}

static void begin_run(int workers, size_t jobs, pg_worker_job job,
                      void *context)
{
    pool.job = job;
    pool.context = context;
    pool.jobs = jobs;
    pool.workers = workers;
    atomic_store(&pool.next, 0);
    atomic_store(&pool.open, true);
    atomic_fetch_add(&pool.runs, 1);
    for (int i = 0; i < pool.members && i < workers - 1; i++) {
        if (!atomic_load(&pool.member[i].asleep))
            continue;
        pthread_mutex_lock(&pool.lock);
        pthread_cond_signal(&pool.member[i].begun);
        pthread_mutex_unlock(&pool.lock);
    }
}

static void end_run(void)
{
    atomic_store(&pool.open, false);
    spin s = {0};
    do {
        if (atomic_load(&pool.inside) == 0)
            return;
    } while (keeps_spinning(&s));
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.caller_sleeps, true);
    while (atomic_load(&pool.inside) > 0)
        pthread_cond_wait(&pool.left, &pool.lock);
    atomic_store(&pool.caller_sleeps, false);
    pthread_mutex_unlock(&pool.lock);
}

void pg_thread_pool_run(int workers, size_t jobs, pg_worker_job job,
                        void *context)
{
    pg_assert(workers >= 1 && workers <= PG_MAX_THREADS);
    if (atomic_flag_test_and_set(&pool.busy)) {
        for (size_t i = 0; i < jobs; i++)
            job(context, i, 0);
        return;
    }
    atomic_store(&pool.spins, workers <= pg_processors());
    /* The system may refuse a thread: then there are fewer. */
    while (pool.members < workers - 1 && start_member())
        pool.members++;
    begin_run(workers, jobs, job, context);
    take_jobs(0);
    end_run();
    atomic_flag_clear(&pool.busy);
}

/* --- forks ---------------------------------------------------------------- */

/* A forked child begins with an empty pool: members stay with the parent. */
static void empty_pool(void)
{
    pool = (thread_pool)EMPTY_POOL;
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, empty_pool);
}
