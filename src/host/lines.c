#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

/* GNU readline, loaded when a prompt opens: scripts pay nothing for it, and
   where it is not there the prompt is plain. These are the parts we use. */
static struct {
    char *(*readline)(const char *prompt);
    void (*callback_handler_install)(const char *prompt, void (*take)(char *));
    void (*callback_read_char)(void);
    void (*callback_handler_remove)(void);
    void (*free_line_state)(void);
    void (*check_signals)(void);
    void (*add_history)(const char *line);
    int (*variable_bind)(const char *name, const char *value);
    char **line_buffer;
    int *point;
    int *persistent_signal_handlers;
    int *change_environment;
    int *completion_append_character;
    int *filename_completion_desired;
    int *filename_quoting_desired;
    int *attempted_completion_over;
    const char **readline_name;
    char *(**completion_word_break_hook)(void);
    char **(**attempted_completion_function)(const char *, int, int);
} rl;

static bool is_edited; /* by readline */
static host_completer complete;

/* --- loading -------------------------------------------------------------- */

/* POSIX has dlsym give functions as data pointers; C has no cast for it. */
static bool find(void *library, const char *name, void *place)
{
    void *symbol = dlsym(library, name);
    memcpy(place, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool find_all(void *library)
{
#define FIND(name) find(library, "rl_" #name, &rl.name)
    return FIND(callback_handler_install) && FIND(callback_read_char) &&
           FIND(callback_handler_remove) && FIND(free_line_state) &&
           FIND(check_signals) && FIND(variable_bind) && FIND(line_buffer) &&
           FIND(point) && FIND(persistent_signal_handlers) &&
           FIND(change_environment) && FIND(completion_append_character) &&
           FIND(filename_completion_desired) &&
           FIND(filename_quoting_desired) && FIND(attempted_completion_over) &&
           FIND(readline_name) && FIND(completion_word_break_hook) &&
           FIND(attempted_completion_function) &&
           find(library, "readline", &rl.readline) &&
           find(library, "add_history", &rl.add_history);
#undef FIND
}

static bool load_readline(void)
{
    static const char *const names[] = {"libreadline.so.8", "libreadline.so.7",
                                        "libreadline.so"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library && find_all(library))
            return true;
    }
    return false;
}

/* --- completion ----------------------------------------------------------- */

/* readline first asks at which characters words end, and then for what may
   stand for the last word. We know the whole line by then: the answer is found
   at the first question, and kept until the second. */
static host_completion found;

static void forget_found(void)
{
    for (char **c = found.candidates; c && *c; c++)
        free(*c);
    free(found.candidates);
    found = (host_completion){0};
}

/* The one character before the word. */
static char *find_completion(void)
{
    static char before[2];
    char *line = *rl.line_buffer, behind = line[*rl.point];
    forget_found();
    line[*rl.point] = '\0';
    complete(line, &found);
    before[0] = found.first > 0 ? line[found.first - 1] : '\0';
    line[*rl.point] = behind;
    return before;
}

static char **give_completion(const char *text, int start, int end)
{
    (void)text, (void)start, (void)end;
    char **candidates = found.candidates;
    *rl.attempted_completion_over = 1; /* no file names of its own */
    *rl.completion_append_character = found.ending;
    *rl.filename_completion_desired = found.are_files;
    *rl.filename_quoting_desired = 0;
    found.candidates = NULL; /* readline's now */
    return candidates;
}

void host_lines_set_completer(host_completer completer)
{
    complete = completer;
    if (is_edited) {
        *rl.completion_word_break_hook = find_completion;
        *rl.attempted_completion_function = give_completion;
    }
}

/* --- opening -------------------------------------------------------------- */

void host_lines_open(void)
{
    bool goes_elsewhere = isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO);
    is_edited = !goes_elsewhere && load_readline();
    if (!is_edited)
        return;
    *rl.readline_name = "lua"; /* what ~/.inputrc calls a Lua prompt */
    *rl.change_environment = 0;
    *rl.persistent_signal_handlers = 1;
    if (isatty(STDIN_FILENO)) { /* ~/.inputrc, read later, may say otherwise */
        rl.variable_bind("enable-bracketed-paste", "on");
        rl.variable_bind("show-all-if-ambiguous", "on");
    }
}

void host_lines_remember(const char *chunk)
{
    if (is_edited)
        rl.add_history(chunk);
}

/* --- lines ---------------------------------------------------------------- */

static char *entered;
static bool has_ended;

static void take_line(char *line)
{
    entered = line;
    has_ended = true;
    rl.callback_handler_remove();
}

static void throw_line_away(void)
{
    rl.free_line_state();
    rl.callback_handler_remove();
    putchar('\n');
    fflush(stdout);
}

/* Ctrl-C throws the line away: a signal ends the wait, readline puts the
   terminal in order, and passes it on to our handler. */
static host_outcome read_edited(const char *prompt, char **line)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    has_ended = false;
    rl.callback_handler_install(prompt, take_line);
    while (!has_ended) {
        bool is_ready = poll(&input, 1, -1) >= 0;
        rl.check_signals();
        if (is_ready && !has_ended)
            rl.callback_read_char();
        if (host_was_interrupted() && !has_ended) {
            throw_line_away();
            return HOST_INTERRUPTED;
        }
    }
    *line = entered;
    return entered ? HOST_LINE : HOST_END;
}

static host_outcome read_plain(const char *prompt, char **line)
{
    size_t room = 0;
    *line = NULL;
    fputs(prompt, stdout);
    fflush(stdout);
    clearerr(stdin); /* of an end that io.read met */
    errno = 0;
    ssize_t n = getline(line, &room, stdin);
    if (n > 0) {
        if ((*line)[n - 1] == '\n')
            (*line)[n - 1] = '\0';
        return HOST_LINE;
    }
    free(*line);
    if (errno != EINTR || !host_was_interrupted())
        return HOST_END;
    putchar('\n');
    return HOST_INTERRUPTED;
}

host_outcome host_lines_read(const char *prompt, char **line)
{
    host_was_interrupted(); /* while no line was read: no matter */
    if (!is_edited)
        return read_plain(prompt, line);
    if (isatty(STDIN_FILENO))
        return read_edited(prompt, line);
    *line = rl.readline(prompt); /* as lua(1) does, to each byte of the echo */
    return *line ? HOST_LINE : HOST_END;
}
