/*
 * pty.c -- a command on a terminal of its own, for the specs: what a person
 * could never type, fast.
 *
 *   build/pty [-i FILE]... [-d] [-h BYTES] [-q SECONDS] [-t SECONDS] [-s SIZE]
 *             COMMAND...
 *
 * The files are typed at the terminal as fast as the command takes them, each
 * from when the command has shown something and rests: before, it may not have
 * set its terminal up. One that shows nothing is waited for, as -q says. What
 * it shows goes to standard output. Behind the last file the terminal stays;
 * Ctrl-D is for the files to hold.
 *
 *   -d  a dialogue: types what comes on standard input as it comes, and hangs
 *       up at its end; for this, -q and the rests between files do not count
 *   -h  hangs up when so many bytes were typed
 *   -q  hangs up when, behind the last file, nothing was shown for so long
 *       (default 10)
 *   -t  kills the command after so long (default 60): status 124
 *   -s  the terminal's width and height (default 80x24)
 *
 * What the command has left in its process group is killed at its end.
 *
 * The exit status is the command's; 128 and the signal's number where one ended
 * it; 125 where there is no terminal to be had, 127 where there is no command.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* A command rests when it has shown nothing for so many seconds. */
static const double REST = 0.2;

enum { NO_TERMINAL = 125, NO_COMMAND = 127, TOO_LONG = 124 };

typedef struct settings {
    long long hang_up_at; /* bytes; -1 for never */
    double quiet, limit;  /* seconds */
    struct winsize size;
    int files[16], count;
    bool is_dialogue;
} settings;

/* What was read and is not typed yet. */
typedef struct typing {
    char text[65536];
    size_t from, to;
    long long typed;
    int file; /* which of the settings' */
    bool begun;
} typing;

static void give_up(const char *what)
{
    fprintf(stderr, "pty: %s: %s\n", what, strerror(errno));
    exit(NO_TERMINAL);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool add_file(settings *s, const char *path)
{
    if (s->count == sizeof s->files / sizeof *s->files)
        return false;
    s->files[s->count] = open(path, O_RDONLY | O_CLOEXEC);
    return s->files[s->count++] >= 0;
}

static settings read_settings(int argc, char **argv)
{
    settings s = {.hang_up_at = -1,
                  .quiet = 10,
                  .limit = 60,
                  .size = {.ws_col = 80, .ws_row = 24}};
    for (int option; (option = getopt(argc, argv, "+i:dh:q:t:s:")) != -1;) {
        bool good = option != '?';
        if (option == 'i')
            good = add_file(&s, optarg);
        else if (option == 'd')
            s.is_dialogue = true;
        else if (option == 'h')
            s.hang_up_at = atoll(optarg);
        else if (option == 'q')
            s.quiet = atof(optarg);
        else if (option == 't')
            s.limit = atof(optarg);
        else if (option == 's')
            good =
                sscanf(optarg, "%hux%hu", &s.size.ws_col, &s.size.ws_row) == 2;
        if (!good)
            give_up(optarg ? optarg : "options");
    }
    return s;
}

static int open_master(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        give_up("no terminal");
    fcntl(master, F_SETFL, O_NONBLOCK);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    return master;
}

/* In the child. The terminal controls its session: Ctrl-C and hanging up become
   signals. */
static void become_command(int terminal, char **command)
{
    setsid();
    ioctl(terminal, TIOCSCTTY, 0);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(terminal, fd);
    if (terminal > STDERR_FILENO)
        close(terminal);
    execvp(command[0], command);
    fprintf(stderr, "pty: %s: %s\n", command[0], strerror(errno));
    _exit(NO_COMMAND);
}

/* The terminal is opened before there is a child: without anyone at its other
   end, the master would look hung up. */
static pid_t start(int master, const settings *s, char **command)
{
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (terminal < 0)
        give_up("no terminal");
    ioctl(terminal, TIOCSWINSZ, &s->size);
    pid_t child = fork();
    if (child < 0)
        give_up("no process");
    if (child == 0)
        become_command(terminal, command);
    close(terminal);
    signal(SIGPIPE, SIG_IGN);
    return child;
}

/* Takes more to type; no more than is to be typed before the hanging up. */
static void take_input(typing *t, const settings *s)
{
    size_t room = sizeof t->text;
    if (s->hang_up_at >= 0 && (long long)room > s->hang_up_at - t->typed)
        room = (size_t)(s->hang_up_at - t->typed);
    ssize_t n = read(s->files[t->file], t->text, room);
    t->from = 0;
    t->to = n > 0 ? (size_t)n : 0;
    t->begun = n > 0;
    t->file += n <= 0;
}

static void type(typing *t, int master)
{
    ssize_t n = write(master, t->text + t->from, t->to - t->from);
    if (n > 0) {
        t->from += (size_t)n;
        t->typed += n;
    }
}

/* Copies what is shown. False: the command has closed the terminal. */
static bool show(int master)
{
    static char text[65536];
    ssize_t n = read(master, text, sizeof text);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    for (ssize_t done = 0, m; done < n; done += m)
        if ((m = write(STDOUT_FILENO, text + done, (size_t)(n - done))) < 0)
            return false;
    return n > 0;
}

static bool is_done(const typing *t, const settings *s, double quiet)
{
    if (t->from < t->to)
        return false;
    if (s->is_dialogue)
        return t->file > 0;
    return (s->hang_up_at >= 0 && t->typed >= s->hang_up_at) ||
           (t->file == s->count && quiet >= s->quiet);
}

/* True while the command computes, reads from the disk, or waits for a
   processor: it does not rest then, whatever time it takes on a machine that is
   slow. */
static bool is_busy(pid_t command)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)command);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    if (fd >= 0)
        close(fd);
    const char *state = n > 0 ? strrchr(text, ')') : NULL;
    return state &&
           (strncmp(state, ") R", 3) == 0 || strncmp(state, ") D", 3) == 0);
}

/* Types and shows until the command ends, it is time to hang up, or the time is
   over: false. */
static bool converse(int master, pid_t command, const settings *s)
{
    static typing t;
    double begin = now(), active = begin;
    bool has_shown = false;
    struct pollfd fds[] = {{.fd = master}, {.events = POLLIN}};
    while (!is_done(&t, s, now() - active)) {
        if (!s->is_dialogue && is_busy(command))
            active = now();
        bool rests = now() - active > (has_shown ? REST : s->quiet);
        if (t.from == t.to && t.file < s->count && (t.begun || rests))
            take_input(&t, s);
        bool has_input = t.from < t.to;
        fds[0].events = has_input ? POLLIN | POLLOUT : POLLIN;
        fds[1].fd = s->is_dialogue && !has_input ? STDIN_FILENO : -1;
        if (now() - begin > s->limit)
            return false;
        poll(fds, 2, 20);
        if (fds[1].revents)
            take_input(&t, s);
        if (fds[0].revents & (POLLIN | POLLHUP)) {
            if (!show(master))
                return true;
            has_shown = true;
            active = now();
        }
        if (fds[0].revents & POLLOUT) {
            type(&t, master);
            active = now();
        }
    }
    return true;
}

/* Waits for the command; it is killed where it does not end in time. */
static int wait_for(pid_t command, double seconds)
{
    int status;
    double end = now() + seconds;
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    while (waitpid(command, &status, WNOHANG) == 0) {
        if (now() > end) {
            kill(command, SIGKILL);
            waitpid(command, &status, 0);
            return TOO_LONG;
        }
        nanosleep(&pause, NULL);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    settings s = read_settings(argc, argv);
    if (optind >= argc) {
        fprintf(stderr, "pty: no command\n");
        return NO_COMMAND;
    }
    if (s.is_dialogue) {
        s.files[0] = STDIN_FILENO;
        s.count = 0;
    }
    int master = open_master();
    pid_t command = start(master, &s, argv + optind);
    bool in_time = converse(master, command, &s);
    close(master);
    int status = wait_for(command, in_time ? 60 : 0);
    kill(-command, SIGKILL);
    return status;
}
