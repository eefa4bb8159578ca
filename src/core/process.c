#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Of all that is below, but for what a signal's handler reads. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* --- SIGINT --------------------------------------------------------------- */

static volatile sig_atomic_t signals;
static struct sigaction behind; /* the handler that ours calls */

static void count_signal(int number, siginfo_t *info, void *context)
{
    if (signals < SIG_ATOMIC_MAX)
        signals++;
    if (behind.sa_flags & SA_SIGINFO)
        behind.sa_sigaction(number, info, context);
    else
        behind.sa_handler(number);
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

void pg_sigint_watch(void)
{
    struct sigaction now;
    pthread_mutex_lock(&mutex);
    if (sigaction(SIGINT, NULL, &now) == 0 && !is_ours(&now) &&
        has_handler(&now)) {
        behind = now;
        now.sa_flags |= SA_SIGINFO;
        now.sa_sigaction = count_signal;
        sigaction(SIGINT, &now, NULL);
    }
    pthread_mutex_unlock(&mutex);
}

void pg_sigint_unwatch(void)
{
    struct sigaction now;
    pthread_mutex_lock(&mutex);
    if (sigaction(SIGINT, NULL, &now) == 0 && is_ours(&now))
        sigaction(SIGINT, &behind, NULL);
    pthread_mutex_unlock(&mutex);
}

uint64_t pg_sigint_count(void)
{
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

/* --- locks ---------------------------------------------------------------- */

pg_status pg_lock_open(int *lock, const char *path, bool is_shared,
                       pg_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1 && (errno == ENOTDIR || errno == ENOENT))
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd == -1)
        return pg_fail_system(err, path);
    *lock = fd;
    if (flock(fd, (is_shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
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

static struct {
    pid_t process; /* 0: there is nothing to do; nor in a forked child */
    char *path, *record, *message;
} last;

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

static void at_exit(void)
{
    if (last.process != getpid())
        return;
    last.process = 0;
    if (silences > 0)
        restore();
    int fd = open(last.path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd != -1) {
        write_all(fd, last.record);
        fsync(fd);
        close(fd);
    }
    fflush(NULL);
    write_all(STDERR_FILENO, last.message);
    _exit(EXIT_FAILURE);
}

static void forget(void)
{
    last.process = 0;
    free(last.path);
    free(last.record);
    free(last.message);
    last.path = last.record = last.message = NULL;
}

void pg_exit_cancel(void)
{
    pthread_mutex_lock(&mutex);
    forget();
    pthread_mutex_unlock(&mutex);
}

static pg_status prepare(const char *path, const char *record,
                         const char *message, pg_error *err)
{
    static bool is_registered;
    forget();
    last.path = strdup(path);
    last.record = strdup(record);
    last.message = strdup(message);
    if (!last.path || !last.record || !last.message)
        return pg_fail_memory(err, strlen(record));
    if (!is_registered && atexit(at_exit) != 0)
        return pg_fail(err, PG_ENOMEM, "atexit failed");
    is_registered = true;
    last.process = getpid();
    return PG_OK;
}

pg_status pg_exit_prepare(const char *path, const char *record,
                          const char *message, pg_error *err)
{
    pthread_mutex_lock(&mutex);
    pg_status status = prepare(path, record, message, err);
    pthread_mutex_unlock(&mutex);
    return status;
}
