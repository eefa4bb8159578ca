/* Every atomic operation here is sequentially consistent: "I came in, is it
   open?" and "I closed, is somebody in?" must not both be answered by no; nor
   "I sleep, has a run begun?" and "I began one, does somebody sleep?". */

#include "team.h"

#include <signal.h>

#if defined __x86_64__ || defined __i386__
#define PAUSE() __builtin_ia32_pause()
#elif defined __aarch64__
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

/* Some 50 us: longer than Lua takes from one step of a training to the next. */
enum { SPINS = 2000 };

static void work(pg_team *team, int worker)
{
    size_t job;
    while ((job = atomic_fetch_add(&team->next, 1)) < team->jobs)
        team->job(team->context, job, worker);
}

/* --- members -------------------------------------------------------------- */

static void sleep_until_begun(pg_member *m, uint_fast64_t seen)
{
    pthread_mutex_lock(&m->team->lock);
    atomic_store(&m->asleep, true);
    while (atomic_load(&m->team->runs) == seen)
        pthread_cond_wait(&m->begun, &m->team->lock);
    atomic_store(&m->asleep, false);
    pthread_mutex_unlock(&m->team->lock);
}

static void wait_until_begun(pg_member *m, uint_fast64_t seen)
{
    for (int i = 0; i < atomic_load(&m->team->spins); i++) {
        if (atomic_load(&m->team->runs) != seen)
            return;
        PAUSE();
    }
    sleep_until_begun(m, seen);
}

static void leave(pg_team *team)
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
    pg_member *m = argument;
    pg_team *team = m->team;
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
static bool start_member(pg_team *team)
{
    pthread_t thread;
    sigset_t all, before;
    pg_member *m = &team->member[team->members];
    *m = (pg_member){.team = team,
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
static void need_members(pg_team *team, int members)
{
    while (team->members < members && team->members < PG_MOST_MEMBERS &&
           start_member(team))
        team->members++;
}

static void wake_members(pg_team *team)
{
    for (int i = 0; i < team->members && i < team->workers - 1; i++) {
        if (!atomic_load(&team->member[i].asleep))
            continue;
        pthread_mutex_lock(&team->lock);
        pthread_cond_signal(&team->member[i].begun);
        pthread_mutex_unlock(&team->lock);
    }
}

static void begin(pg_team *team, int workers, size_t jobs, pg_worker_job job,
                  void *context)
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

static void end(pg_team *team)
{
    atomic_store(&team->open, false);
    for (int i = 0; i < atomic_load(&team->spins); i++) {
        if (atomic_load(&team->inside) == 0)
            return;
        PAUSE();
    }
    pthread_mutex_lock(&team->lock);
    atomic_store(&team->caller_sleeps, true);
    while (atomic_load(&team->inside) > 0)
        pthread_cond_wait(&team->left, &team->lock);
    atomic_store(&team->caller_sleeps, false);
    pthread_mutex_unlock(&team->lock);
}

void pg_team_run(pg_team *team, int workers, int processors, size_t jobs,
                 pg_worker_job job, void *context)
{
    if (atomic_flag_test_and_set(&team->busy)) {
        for (size_t i = 0; i < jobs; i++)
            job(context, i, 0);
        return;
    }
    atomic_store(&team->spins, workers <= processors ? SPINS : 0);
    need_members(team, workers - 1);
    begin(team, workers, jobs, job, context);
    work(team, 0);
    end(team);
    atomic_flag_clear(&team->busy);
}

void pg_team_forget(pg_team *team)
{
    *team = (pg_team)PG_TEAM_EMPTY;
}
