/* Signals, standard output, locks and exits, behind one lock. */

#include "base/process.h"

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

#include "base/memory.h"

/* Guards all state below, except for that which a signal handler reads. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* --- SIGINT --------------------------------------------------------------- */

static volatile sig_atomic_t signals; /* counted so far */
static struct sigaction behind;       /* the handler that ours calls */
static struct sigaction first; /* the handler before ours was first set */
static int watchers;           /* calls of pg_sigint_watch in force */

static void call_handler(const struct sigaction *handler, int number,
                         siginfo_t *info, void *context)
{
    if (handler->sa_flags & SA_SIGINFO)
        handler->sa_sigaction(number, info, context);
    else
        handler->sa_handler(number);
}

/* Our handler. A handler that another library sets after ours calls ours, and
   may become the one behind ours: then the two would call each other for ever,
   so the inner call goes to the first handler. */
static void count_signal(int number, siginfo_t *info, void *context)
{
    static volatile sig_atomic_t is_inside;
    if (is_inside) {
        call_handler(&first, number, info, context);
        return;
    }
    is_inside = true;
    if (signals < SIG_ATOMIC_MAX)
        signals++;
    call_handler(&behind, number, info, context);
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

/* Sets our handler before the current one, unless it is ours. An interpreter
   sets its own with each chunk. */
static void set_handler(void)
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
    set_handler();
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
        set_handler();
    pthread_mutex_unlock(&mutex);
    return (uint64_t)signals;
}

static struct sigaction saved_handler;
static bool is_saved;

void pg_sigint_save(void)
{
    pthread_mutex_lock(&mutex);
    is_saved = sigaction(SIGINT, NULL, &saved_handler) == 0;
    pthread_mutex_unlock(&mutex);
}

void pg_sigint_restore(void)
{
    pthread_mutex_lock(&mutex);
    if (is_saved)
        sigaction(SIGINT, &saved_handler, NULL);
    is_saved = false;
    pthread_mutex_unlock(&mutex);
}

/* --- standard output ------------------------------------------------------ */

static int silences;            /* calls of pg_stdout_silence in force */
static int saved[2] = {-1, -1}; /* copies of standard output and error */

static void restore_output(void)
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

void pg_stdout_silence(void)
{
    pthread_mutex_lock(&mutex);
    if (silences++ == 0) {
        fflush(stdout);
        fflush(stderr);
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        for (int i = 0; i < 2 && null != -1; i++) {
            saved[i] = fcntl(STDOUT_FILENO + i, F_DUPFD_CLOEXEC, 3);
            if (saved[i] != -1)
                dup2(null, STDOUT_FILENO + i);
        }
        if (null != -1)
            close(null);
    }
    pthread_mutex_unlock(&mutex);
}

void pg_stdout_restore(void)
{
    pthread_mutex_lock(&mutex);
    if (silences > 0 && --silences == 0)
        restore_output();
    pthread_mutex_unlock(&mutex);
}

static int hidden = -1; /* a copy of standard output that is not shown */

void pg_stdout_show(bool is_shown)
{
    pthread_mutex_lock(&mutex);
    fflush(stdout);
    if (is_shown && hidden != -1) {
        dup2(hidden, STDOUT_FILENO);
        close(hidden);
        hidden = -1;
    } else if (!is_shown && hidden == -1) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null != -1)
            hidden = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        if (hidden != -1)
            dup2(null, STDOUT_FILENO);
        if (null != -1)
            close(null);
    }
    pthread_mutex_unlock(&mutex);
}

bool pg_terminal_size(int *width, int *height, int fd)
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

/* --- exits ---------------------------------------------------------------- */

/* A list, the latest first. */
struct pg_exit_record {
    pg_exit_record *next;
    pid_t process; /* a forked child writes nothing */
    char *path, *record, *message;
};

static pg_exit_record *exit_records;
static void (*end_processes)(int status); /* NULL: this one alone ends */

void pg_exit_by(void (*f)(int status))
{
    end_processes = f;
}

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
    if (!exit_records || exit_records->process != getpid())
        return;
    if (silences > 0)
        restore_output();
    fflush(NULL);
    for (const pg_exit_record *e = exit_records; e; e = e->next) {
        int fd = open(e->path, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (fd != -1) {
            write_all(fd, e->record);
            fsync(fd);
            close(fd);
        }
        write_all(STDERR_FILENO, e->message);
    }
    if (end_processes)
        end_processes(EXIT_FAILURE);
    _exit(EXIT_FAILURE);
}

static void free_exit_record(pg_exit_record *e)
{
    free(e->path);
    free(e->record);
    free(e->message);
    free(e);
}

void pg_exit_record_free(pg_exit_record *exit_record)
{
    pthread_mutex_lock(&mutex);
    for (pg_exit_record **at = &exit_records; *at; at = &(*at)->next)
        if (*at == exit_record) {
            *at = exit_record->next;
            free_exit_record(exit_record);
            break;
        }
    pthread_mutex_unlock(&mutex);
}

pg_status pg_exit_record_new(pg_exit_record **out, const char *path,
                             const char *record, const char *message,
                             pg_error *err)
{
    static bool is_registered;
    pg_status status = PG_OK;
    pg_exit_record *e = calloc(1, sizeof *e);
    if (!e)
        return pg_fail_memory(err, sizeof *e);
    *e = (pg_exit_record){NULL, getpid(), strdup(path), strdup(record),
                          strdup(message)};
    pthread_mutex_lock(&mutex);
    if (!e->path || !e->record || !e->message)
        status = pg_fail_memory(err, strlen(record));
    else if (!is_registered && atexit(at_exit) != 0)
        status = pg_fail(err, PG_ENOMEM, "atexit failed");
    if (status == PG_OK) {
        is_registered = true;
        e->next = exit_records;
        *out = exit_records = e;
    } else {
        free_exit_record(e);
    }
    pthread_mutex_unlock(&mutex);
    return status;
}
