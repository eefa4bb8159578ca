/* Every atomic operation here is sequentially consistent: "I came in, is it
   open?" and "I closed, is somebody in?" must not both be answered by no; nor
   "I sleep, has a run begun?" and "I began one, does somebody sleep?". */

#include "base/thread_pool.h"

#include <signal.h>
#include <time.h>

#if defined __x86_64__ || defined __i386__
#define PAUSE() __builtin_ia32_pause()
#elif defined __aarch64__
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

/* How long a thread looks before it sleeps: longer than Lua, and its collector,
   take from one run to the next; waking takes as long. A look at the clock
   takes longer than one at what is waited for. */
enum { SPIN_NANOSECONDS = 200000, LOOKS_A_CLOCK = 64 };

/* A thread's wait, while it spins. */
typedef struct spin {
    int looks;
    struct timespec end;
} spin;

/* Whether to look again; not at all where there are more threads than
   processors. */
static bool keeps_spinning(spin *s, const pg_thread_pool *team)
{
    struct timespec now;
    PAUSE();
    if (s->looks++ % LOOKS_A_CLOCK > 0)
        return true;
    if (!atomic_load(&team->spins))
        return false;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (s->looks == 1) {
        s->end = now;
        s->end.tv_nsec += SPIN_NANOSECONDS;
    }
    long seconds = (long)(s->end.tv_sec - now.tv_sec);
    return seconds * 1000000000 + s->end.tv_nsec - now.tv_nsec > 0;
}

static void work(pg_thread_pool *team, int worker)
{
    pg_worker_job job = team->job;
    void *context = team->context;
    size_t i, jobs = team->jobs;
    while ((i = atomic_fetch_add(&team->next, 1)) < jobs)
        job(context, i, worker);
}

/* --- members -------------------------------------------------------------- */

static void sleep_until_begun(pg_pool_thread *m, uint_fast64_t seen)
{
    pthread_mutex_lock(&m->team->lock);
    atomic_store(&m->asleep, true);
    while (atomic_load(&m->team->runs) == seen)
        pthread_cond_wait(&m->begun, &m->team->lock);
    atomic_store(&m->asleep, false);
    pthread_mutex_unlock(&m->team->lock);
}

static void wait_until_begun(pg_pool_thread *m, uint_fast64_t seen)
{
    spin s = {0};
    do {
        if (atomic_load(&m->team->runs) != seen)
            return;
    } while (keeps_spinning(&s, m->team));
    sleep_until_begun(m, seen);
}

static void leave(pg_thread_pool *team)
{
    if (atomic_fetch_sub(&team->inside, 1) > 1 ||
        !atomic_load(&team->caller_sleeps))
        return;
    pthread_mutex_lock(&team->lock);
    pthread_cond_signal(&team->left);
    pthread_mutex_unlock(&team->lock);
}

/* Whichever run is open when it comes in is the one that it works for. */
static void *live(void *argument)
{
    pg_pool_thread *m = argument;
    pg_thread_pool *team = m->team;
    uint_fast64_t seen = 0;
    for (;;) {
        wait_until_begun(m, seen);
        seen = atomic_load(&team->runs);
        atomic_fetch_add(&team->inside, 1);
        if (atomic_load(&team->open) && m->worker < team->workers)
            work(team, m->worker);
        leave(team);
    }
    return NULL;
}

/* --- the caller ----------------------------------------------------------- */

/* Signals are for the threads of whoever uses the library. */
static bool start_member(pg_thread_pool *team)
{
    pthread_t thread;
    sigset_t all, before;
    pg_pool_thread *m = &team->member[team->members];
    *m = (pg_pool_thread){.team = team,
                          .worker = team->members + 1,
                          .begun = PTHREAD_COND_INITIALIZER};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, NULL, live, m) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        pthread_detach(thread);
    return started;
}

/* Where the system gives no more threads, there are fewer. */
static void need_members(pg_thread_pool *team, int members)
{
    while (team->members < members && team->members < PG_MAX_POOL_THREADS &&
           start_member(team))
        team->members++;
}

static void wake_members(pg_thread_pool *team)
{
    for (int i = 0; i < team->members && i < team->workers - 1; i++) {
        if (!atomic_load(&team->member[i].asleep))
            continue;
        pthread_mutex_lock(&team->lock);
        pthread_cond_signal(&team->member[i].begun);
        pthread_mutex_unlock(&team->lock);
    }
}

static void begin(pg_thread_pool *team, int workers, size_t jobs,
                  pg_worker_job job, void *context)
{
    team->job = job;
    team->context = context;
    team->jobs = jobs;
    team->workers = workers;
    atomic_store(&team->next, 0);
    atomic_store(&team->open, true);
    atomic_fetch_add(&team->runs, 1);
    wake_members(team);
}

static void end(pg_thread_pool *team)
{
    atomic_store(&team->open, false);
    spin s = {0};
    do {
        if (atomic_load(&team->inside) == 0)
            return;
    } while (keeps_spinning(&s, team));
    pthread_mutex_lock(&team->lock);
    atomic_store(&team->caller_sleeps, true);
    while (atomic_load(&team->inside) > 0)
        pthread_cond_wait(&team->left, &team->lock);
    atomic_store(&team->caller_sleeps, false);
    pthread_mutex_unlock(&team->lock);
}

void pg_thread_pool_run(pg_thread_pool *team, int workers, int processors,
                        size_t jobs, pg_worker_job job, void *context)
{
    if (atomic_flag_test_and_set(&team->busy)) {
        for (size_t i = 0; i < jobs; i++)
            job(context, i, 0);
        return;
    }
    atomic_store(&team->spins, workers <= processors);
    need_members(team, workers - 1);
    begin(team, workers, jobs, job, context);
    work(team, 0);
    end(team);
    atomic_flag_clear(&team->busy);
}

void pg_thread_pool_forget(pg_thread_pool *team)
{
    *team = (pg_thread_pool)PG_THREAD_POOL_EMPTY;
}
