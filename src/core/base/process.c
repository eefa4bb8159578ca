#include "base/process.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of all that is below, but for what a signal's handler reads. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* --- SIGINT --------------------------------------------------------------- */

static volatile sig_atomic_t signals;
static struct sigaction behind; /* the handler that ours calls */
static struct sigaction first;  /* the one before anybody put ours in front */
static int watchers;

static void hand_on(const struct sigaction *handler, int number,
                    siginfo_t *info, void *context)
{
    if (handler->sa_flags & SA_SIGINFO)
        handler->sa_sigaction(number, info, context);
    else
        handler->sa_handler(number);
}

/* A handler that was put in front of this one calls it, and may be what it
   calls itself: then the first one is called. */
static void count_signal(int number, siginfo_t *info, void *context)
{
    static volatile sig_atomic_t is_inside;
    if (is_inside) {
        hand_on(&first, number, info, context);
        return;
    }
    is_inside = true;
    if (signals < SIG_ATOMIC_MAX)
        signals++;
    hand_on(&behind, number, info, context);
    is_inside = false;
}

static bool is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) &&
           action->sa_sigaction == count_signal;
}

static bool has_handler(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) ||
           (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

/* An interpreter sets its handler anew with each chunk: ours goes in front of
   it again. */
static void put_in_front(void)
{
    struct sigaction now;
    if (sigaction(SIGINT, NULL, &now) != 0 || is_ours(&now) ||
        !has_handler(&now))
        return;
    if (!has_handler(&first))
        first = now;
    behind = now;
    now.sa_flags |= SA_SIGINFO;
    now.sa_sigaction = count_signal;
    sigaction(SIGINT, &now, NULL);
}

void pg_sigint_watch(void)
{
    pthread_mutex_lock(&mutex);
    watchers++;
    put_in_front();
    pthread_mutex_unlock(&mutex);
}

void pg_sigint_unwatch(void)
{
    struct sigaction now;
    pthread_mutex_lock(&mutex);
    if (watchers > 0 && --watchers == 0 && sigaction(SIGINT, NULL, &now) == 0 &&
        is_ours(&now))
        sigaction(SIGINT, &behind, NULL);
    pthread_mutex_unlock(&mutex);
}

uint64_t pg_sigint_count(void)
{
    pthread_mutex_lock(&mutex);
    if (watchers > 0)
        put_in_front();
    pthread_mutex_unlock(&mutex);
    return (uint64_t)signals;
}

static struct sigaction kept;
static bool is_kept;

void pg_sigint_keep(void)
{
    pthread_mutex_lock(&mutex);
    is_kept = sigaction(SIGINT, NULL, &kept) == 0;
    pthread_mutex_unlock(&mutex);
}

void pg_sigint_put_back(void)
{
    pthread_mutex_lock(&mutex);
    if (is_kept)
        sigaction(SIGINT, &kept, NULL);
    is_kept = false;
    pthread_mutex_unlock(&mutex);
}

/* --- standard output ------------------------------------------------------ */

static int silences;
static int saved[2] = {-1, -1}; /* of standard output and error */

static void silence(void)
{
    fflush(stdout);
    fflush(stderr);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (int i = 0; i < 2 && nowhere != -1; i++) {
        saved[i] = fcntl(STDOUT_FILENO + i, F_DUPFD_CLOEXEC, 3);
        if (saved[i] != -1)
            dup2(nowhere, STDOUT_FILENO + i);
    }
    if (nowhere != -1)
        close(nowhere);
}

static void restore(void)
{
    fflush(stdout);
    fflush(stderr);
    for (int i = 0; i < 2; i++) {
        if (saved[i] == -1)
            continue;
        dup2(saved[i], STDOUT_FILENO + i);
        close(saved[i]);
        saved[i] = -1;
    }
}

void pg_output_silence(void)
{
    pthread_mutex_lock(&mutex);
    if (silences++ == 0)
        silence();
    pthread_mutex_unlock(&mutex);
}

void pg_output_restore(void)
{
    pthread_mutex_lock(&mutex);
    if (silences > 0 && --silences == 0)
        restore();
    pthread_mutex_unlock(&mutex);
}

bool pg_terminal_size(int fd, int *width, int *height)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ||
        size.ws_row == 0)
        return false;
    *width = size.ws_col;
    *height = size.ws_row;
    return true;
}

/* --- locks ---------------------------------------------------------------- */

pg_status pg_lock_open(int *lock, const char *path, pg_lock_kind kind,
                       pg_error *err)
{
    int flags =
        kind == PG_LOCK_FILE ? O_RDWR | O_CREAT : O_RDONLY | O_DIRECTORY;
    int fd = open(path, flags | O_CLOEXEC, 0666);
    if (fd == -1)
        return pg_fail_system(err, path);
    *lock = fd;
    int operation = kind == PG_LOCK_SHARED ? LOCK_SH : LOCK_EX;
    if (flock(fd, operation | LOCK_NB) == 0)
        return PG_OK;
    *lock = errno == EWOULDBLOCK ? -1 : PG_NO_LOCK;
    close(fd);
    return PG_OK;
}

void pg_lock_close(int lock)
{
    if (lock >= 0)
        close(lock);
}

/* --- the end -------------------------------------------------------------- */

/* What is to be done for each of several that are within each other, the
   innermost first. */
struct pg_ending {
    pg_ending *around;
    pid_t process; /* a child that was forked has nothing to do */
    char *path, *record, *message;
};

static pg_ending *endings;

static void write_all(int fd, const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t n = write(fd, text, length);
        if (n == -1 && errno != EINTR)
            return;
        text += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
}

static void append_record(const pg_ending *e)
{
    int fd = open(e->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd == -1)
        return;
    write_all(fd, e->record);
    fsync(fd);
    close(fd);
}

static void at_exit(void)
{
    if (!endings || endings->process != getpid())
        return;
    if (silences > 0)
        restore();
    fflush(NULL);
    for (const pg_ending *e = endings; e; e = e->around) {
        append_record(e);
        write_all(STDERR_FILENO, e->message);
    }
    _exit(EXIT_FAILURE);
}

static void free_ending(pg_ending *e)
{
    free(e->path);
    free(e->record);
    free(e->message);
    free(e);
}

void pg_ending_cancel(pg_ending *ending)
{
    pthread_mutex_lock(&mutex);
    for (pg_ending **at = &endings; *at; at = &(*at)->around)
        if (*at == ending) {
            *at = ending->around;
            free_ending(ending);
            break;
        }
    pthread_mutex_unlock(&mutex);
}

static pg_status prepare(pg_ending **out, const char *path, const char *record,
                         const char *message, pg_error *err)
{
    static bool is_registered;
    if (!is_registered && atexit(at_exit) != 0)
        return pg_fail(err, PG_ENOMEM, "atexit failed");
    is_registered = true;
    pg_ending *e = calloc(1, sizeof *e);
    if (!e)
        return pg_fail_memory(err, sizeof *e);
    *e = (pg_ending){endings, getpid(), strdup(path), strdup(record),
                     strdup(message)};
    if (!e->path || !e->record || !e->message) {
        free_ending(e);
        return pg_fail_memory(err, strlen(record));
    }
    *out = endings = e;
    return PG_OK;
}

pg_status pg_ending_prepare(pg_ending **out, const char *path,
                            const char *record, const char *message,
                            pg_error *err)
{
    pthread_mutex_lock(&mutex);
    pg_status status = prepare(out, path, record, message, err);
    pthread_mutex_unlock(&mutex);
    return status;
}
