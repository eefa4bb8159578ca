#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#include "host.h"

/* GNU readline, loaded when a prompt opens: scripts pay nothing for it, and
   where it is not there the prompt is plain. These are the parts we use. */
static struct {
    char *(*readline)(const char *prompt);
    int (**getc_function)(FILE *file);
    int (*pending_signal)(void);
    void (*check_signals)(void);
    void (*add_history)(const char *line);
    int (*variable_bind)(const char *name, const char *value);
    char *(*variable_value)(const char *name);
    int *readline_version;
    char **line_buffer;
    int *point;
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
    return find(library, "readline", &rl.readline) &&
           find(library, "add_history", &rl.add_history) &&
           FIND(getc_function) && FIND(pending_signal) && FIND(check_signals) &&
           FIND(variable_bind) && FIND(variable_value) &&
           FIND(readline_version) && FIND(line_buffer) && FIND(point) &&
           FIND(change_environment) && FIND(completion_append_character) &&
           FIND(filename_completion_desired) &&
           FIND(filename_quoting_desired) && FIND(attempted_completion_over) &&
           FIND(readline_name) && FIND(completion_word_break_hook) &&
           FIND(attempted_completion_function);
#undef FIND
}

static bool load_readline(void)
{
    static const char *const names[] = {"libreadline.so.8", "libreadline.so"};
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

/* --- lines ---------------------------------------------------------------- */

/* Ctrl-C throws the line away: readline puts the terminal in order and passes
   the signal on to our handler; from then on the input is at an end, until
   readline has left whatever it was in. */
static bool is_thrown_away;

/* Waits for input or a signal: those are held back until it waits. */
static void wait_for_input(void)
{
    static const int numbers[] = {SIGINT, SIGWINCH, SIGTERM, SIGHUP, SIGTSTP};
    sigset_t held, before;
    fd_set input;
    sigemptyset(&held);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&held, numbers[i]);
    FD_ZERO(&input);
    FD_SET(STDIN_FILENO, &input);
    sigprocmask(SIG_BLOCK, &held, &before);
    if (!rl.pending_signal())
        pselect(STDIN_FILENO + 1, &input, NULL, NULL, NULL, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static bool is_interrupted(void)
{
    rl.check_signals();
    is_thrown_away = is_thrown_away || host_was_interrupted();
    return is_thrown_away;
}

/* Reads once there are bytes: at most size, and none at the end of the input or
   where the line is thrown away. */
static size_t read_bytes(unsigned char *bytes, size_t size)
{
    while (!is_interrupted()) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&input, 1, 0) <= 0) {
            wait_for_input();
            continue;
        }
        ssize_t n = read(STDIN_FILENO, bytes, size);
        if (n >= 0)
            return (size_t)n;
        if (errno != EINTR && errno != EAGAIN)
            return 0;
    }
    return 0;
}

/* What is pasted stands between two marks. */
static const char paste_begins[] = "\33[200~", paste_ends[] = "\33[201~";
enum { MARK_LENGTH = sizeof paste_ends - 1 };
static bool is_pasted;  /* what is read */
static size_t matching; /* bytes, the last ones, of the next mark */

static void follow_marks(unsigned char byte)
{
    const char *mark = is_pasted ? paste_ends : paste_begins;
    if (byte != (unsigned char)mark[matching])
        matching = 0; /* none of the bytes before: a mark has only one ESC */
    if (byte == (unsigned char)mark[matching])
        matching++;
    if (matching == MARK_LENGTH) {
        is_pasted = !is_pasted;
        matching = 0;
    }
}

/* readline's source of bytes. It reads one at a time, as a chunk may read the
   input that follows its line; and of what is pasted, as many as its end has at
   the least. Where the input ends within, the mark is given all the same: else
   readline 8.2 reads beyond the text's memory. */
static int next_byte(FILE *file)
{
    static unsigned char bytes[MARK_LENGTH];
    static size_t count, given;
    unsigned char byte;
    (void)file;
    if (given == count || is_thrown_away) {
        given = 0;
        count = read_bytes(bytes, is_pasted ? MARK_LENGTH - matching : 1);
    }
    if (count > 0)
        byte = bytes[given++];
    else if (is_pasted)
        byte = (unsigned char)paste_ends[matching];
    else
        return EOF;
    follow_marks(byte);
    return byte;
}

/* From 8.1 on, readline ends the prompt's line itself where it had brackets put
   around what is pasted. */
void host_lines_leave(void)
{
    const int with_newline = 0x0801;
    bool ended = is_edited && *rl.readline_version >= with_newline &&
                 strcmp(rl.variable_value("enable-bracketed-paste"), "on") == 0;
    if (!ended)
        putchar('\n');
    fflush(stdout);
}

static host_outcome read_edited(const char *prompt, char **line)
{
    is_thrown_away = is_pasted = false;
    matching = 0;
    *line = rl.readline(prompt);
    if (!is_thrown_away)
        return *line ? HOST_LINE : HOST_END;
    if (!*line)
        host_lines_leave();
    free(*line);
    return HOST_INTERRUPTED;
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
    host_lines_leave();
    return HOST_INTERRUPTED;
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
    if (isatty(STDIN_FILENO)) { /* lines of a pipe are read as lua(1) does */
        *rl.getc_function = next_byte;
        /* ~/.inputrc, read later, may say otherwise */
        rl.variable_bind("enable-bracketed-paste", "on");
        rl.variable_bind("show-all-if-ambiguous", "on");
    }
}

void host_lines_remember(const char *chunk)
{
    if (is_edited)
        rl.add_history(chunk);
}

host_outcome host_lines_read(const char *prompt, char **line)
{
    host_was_interrupted(); /* while no line was read: no matter */
    return is_edited ? read_edited(prompt, line) : read_plain(prompt, line);
}
