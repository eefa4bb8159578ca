#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "readline.h"

static bool is_edited; /* by readline */
static host_completer complete;

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

/* readline takes the last one of the word's own characters that is the one
   before it for where the word begins. The candidates then begin there, too;
   false where one has something else before. */
static bool begin_at(size_t start)
{
    const char *word = *rl.line_buffer + found.first;
    size_t n = start - found.first;
    for (char **c = found.candidates; *c; c++) {
        if (strncmp(*c, word, n) != 0)
            return false;
        memmove(*c, *c + n, strlen(*c + n) + 1);
    }
    return true;
}

static char **give_completion(const char *text, int start, int end)
{
    (void)text, (void)end;
    if (found.candidates && (size_t)start > found.first &&
        !begin_at((size_t)start))
        forget_found();
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

/* The line that was read last, from malloc: kept here, as making text of Lua's
   from it may raise. */
static char *last_line;

static host_outcome read_edited(const char *prompt)
{
    host_keys_begin();
    last_line = rl.readline(prompt);
    if (!host_keys_threw_away())
        return last_line ? HOST_LINE : HOST_END;
    if (!last_line)
        host_lines_leave();
    return HOST_INTERRUPTED;
}

static host_outcome read_plain(const char *prompt)
{
    size_t room = 0;
    fputs(prompt, stdout);
    fflush(stdout);
    clearerr(stdin); /* of an end that io.read met */
    errno = 0;
    ssize_t n = getline(&last_line, &room, stdin);
    if (n > 0) {
        if (last_line[n - 1] == '\n')
            last_line[n - 1] = '\0';
        return HOST_LINE;
    }
    if (errno != EINTR || !host_was_interrupted())
        return HOST_END;
    host_lines_leave();
    return HOST_INTERRUPTED;
}

/* --- opening -------------------------------------------------------------- */

void host_lines_open(void)
{
    bool goes_elsewhere = isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO);
    is_edited = !goes_elsewhere && host_readline_load();
    if (!is_edited)
        return;
    *rl.readline_name = "lua"; /* what ~/.inputrc calls a Lua prompt */
    *rl.change_environment = 0;
    if (isatty(STDIN_FILENO)) { /* lines of a pipe are read as lua(1) does */
        *rl.getc_function = host_keys_next;
        host_readline_mend();
        /* ~/.inputrc, read later, may say otherwise */
        rl.variable_bind("enable-bracketed-paste", "on");
        rl.variable_bind("show-all-if-ambiguous", "on");
        rl.variable_bind("mark-directories", "off"); /* the candidates are */
    }
}

void host_lines_remember(const char *chunk)
{
    if (is_edited)
        rl.add_history(chunk);
}

host_outcome host_lines_read(const char *prompt, const char **line)
{
    host_was_interrupted(); /* while no line was read: no matter */
    free(last_line);
    last_line = NULL;
    host_outcome outcome = is_edited ? read_edited(prompt) : read_plain(prompt);
    *line = outcome == HOST_LINE ? last_line : NULL;
    return outcome;
}
