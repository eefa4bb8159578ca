#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

/* GNU readline, loaded when a prompt opens: scripts pay nothing for it, and
   where it is not there the prompt is plain. These are the parts we use. */
static struct {
    char *(*readline)(const char *prompt);
    void (*add_history)(const char *line);
    int (*read_history)(const char *path);
    int (*append_history)(int lines, const char *path);
    int (*write_history)(const char *path);
    void (*stifle_history)(int lines);
    void (*free_line_state)(void);
    void (*cleanup_after_signal)(void);
} rl;

enum { HISTORY_LINES = 10000 };

/* Where the history is kept; empty where it is not. */
static char history_path[4096];

/* --- loading -------------------------------------------------------------- */

/* POSIX has dlsym give functions as data pointers; C has no cast for it. */
static bool find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool find_all(void *library)
{
    const char **program = dlsym(library, "rl_readline_name");
    if (program)
        *program = "lua"; /* what ~/.inputrc calls a Lua prompt */
    return find(library, "readline", &rl.readline) &&
           find(library, "add_history", &rl.add_history) &&
           find(library, "read_history", &rl.read_history) &&
           find(library, "append_history", &rl.append_history) &&
           find(library, "write_history", &rl.write_history) &&
           find(library, "stifle_history", &rl.stifle_history) &&
           find(library, "rl_free_line_state", &rl.free_line_state) &&
           find(library, "rl_cleanup_after_signal", &rl.cleanup_after_signal);
}

static void load_readline(void)
{
    static const char *const names[] = {"libreadline.so.8", "libreadline.so.7",
                                        "libreadline.so"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library && find_all(library))
            return;
        rl.readline = NULL;
    }
}

/* --- history -------------------------------------------------------------- */

/* Makes each folder on the way to path. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

/* $XDG_STATE_HOME/perigee/history, by default below ~/.local/state. */
static void set_history_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = 0;
    if (state && state[0] == '/')
        n = snprintf(history_path, sizeof history_path, "%s/perigee/history",
                     state);
    else if (home && home[0] == '/')
        n = snprintf(history_path, sizeof history_path,
                     "%s/.local/state/perigee/history", home);
    if (n <= 0 || (size_t)n >= sizeof history_path)
        history_path[0] = '\0';
}

/* append_history needs a file to append to. */
static void open_history(void)
{
    set_history_path();
    if (!history_path[0])
        return;
    make_folders(history_path);
    rl.stifle_history(HISTORY_LINES);
    if (rl.read_history(history_path) == ENOENT)
        rl.write_history(history_path);
}

void host_lines_open(void)
{
    load_readline();
    if (rl.readline && isatty(STDIN_FILENO))
        open_history();
}

void host_lines_remember(const char *line)
{
    if (!rl.readline)
        return;
    rl.add_history(line);
    if (history_path[0])
        rl.append_history(1, history_path);
}

/* --- lines ---------------------------------------------------------------- */

/* Ctrl-C while a line is edited throws the line away. readline passes the
   signal on to our handler outside of its own, when its state is in order. */
static sigjmp_buf line_start;

static void throw_line_away(int number)
{
    (void)number;
    siglongjmp(line_start, 1);
}

static char *read_edited(const char *prompt, bool *interrupted)
{
    struct sigaction action = {.sa_handler = throw_line_away}, before;
    sigemptyset(&action.sa_mask);
    if (sigsetjmp(line_start, 1) != 0) {
        rl.free_line_state();
        rl.cleanup_after_signal();
        putchar('\n');
        *interrupted = true;
        signal(SIGINT, SIG_DFL);
        return NULL;
    }
    sigaction(SIGINT, &action, &before);
    char *line = rl.readline(prompt);
    sigaction(SIGINT, &before, NULL);
    return line;
}

static char *read_plain(const char *prompt)
{
    char *line = NULL;
    size_t room = 0;
    fputs(prompt, stdout);
    fflush(stdout);
    ssize_t n = getline(&line, &room, stdin);
    if (n < 0) {
        free(line);
        return NULL;
    }
    if (n > 0 && line[n - 1] == '\n')
        line[n - 1] = '\0';
    return line;
}

char *host_lines_read(const char *prompt, bool *interrupted)
{
    *interrupted = false;
    return rl.readline ? read_edited(prompt, interrupted) : read_plain(prompt);
}
