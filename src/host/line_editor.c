/* Lines of input, edited by readline where it is installed. */
#include "host/line_editor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/status.h"
#include "host/interrupt.h"
#include "host/keys.h"
#include "host/readline.h"

static bool is_edited; /* by readline */

/* readline reads ~/.inputrc after this; what it sets there wins. */
void host_editor_open(void)
{
    bool is_terminal = isatty(STDIN_FILENO);
    bool is_shown = !is_terminal || isatty(STDOUT_FILENO);
    is_edited = is_shown && host_readline_load();
    if (!is_edited)
        return;
    *rl.readline_name = "lua"; /* in ~/.inputrc */
    *rl.change_environment = 0;
    if (!is_terminal) /* a pipe is read as by lua(1) */
        return;
    *rl.getc_function = host_keys_next;
    host_readline_fix_keys();
    rl.variable_bind("enable-bracketed-paste", "on");
    rl.variable_bind("show-all-if-ambiguous", "on");
    rl.variable_bind("mark-directories", "off"); /* candidates have a slash */
}

/* --- lines ---------------------------------------------------------------- */

/* The line that was read last, from malloc: the caller may raise before it is
   done with it. */
static char *last_line;

static host_outcome read_edited(const char *prompt)
{
    host_keys_begin();
    last_line = rl.readline(prompt);
    if (!host_keys_discarded())
        return last_line ? HOST_LINE : HOST_END;
    if (!last_line)
        host_editor_end_line();
    return HOST_INTERRUPTED;
}

static host_outcome read_plain(const char *prompt)
{
    size_t room = 0;
    fputs(prompt, stdout);
    fflush(stdout);
    clearerr(stdin); /* io.read may have met the end */
    errno = 0;
    ssize_t n = getline(&last_line, &room, stdin);
    if (n > 0) {
        if (last_line[n - 1] == '\n')
            last_line[n - 1] = '\0';
        return HOST_LINE;
    }
    if (errno != EINTR || !host_was_interrupted())
        return HOST_END;
    host_editor_end_line();
    return HOST_INTERRUPTED;
}

host_outcome host_editor_read(const char *prompt, const char **line)
{
    host_was_interrupted(); /* forgets an earlier Ctrl-C */
    free(last_line);
    last_line = NULL;
    host_outcome outcome = is_edited ? read_edited(prompt) : read_plain(prompt);
    *line = outcome == HOST_LINE ? last_line : NULL;
    return outcome;
}

/* readline itself ends the line from 8.1 on, if bracketed paste is enabled. */
void host_editor_end_line(void)
{
    const int with_newline = 0x0801;
    bool is_ended =
        is_edited && *rl.readline_version >= with_newline &&
        strcmp(rl.variable_value("enable-bracketed-paste"), "on") == 0;
    if (!is_ended)
        putchar('\n');
    fflush(stdout);
}

void host_editor_remember(const char *chunk)
{
    if (is_edited)
        rl.add_history(chunk);
}

/* --- completion ----------------------------------------------------------- */

static host_completer complete;

/* readline first asks for the characters at which words end, then for the
   candidates for the last word. The first question finds both answers. */
static host_completion found;

static void forget_found(void)
{
    for (char **c = found.candidates; c && *c; c++)
        free(*c);
    free(found.candidates);
    found = (host_completion){0};
}

/* readline's hook for the first question: finds the completion, and returns the
   one character before it. */
static char *find_completion(void)
{
    static char before[2];
    char *line = *rl.line_buffer, saved = line[*rl.point];
    forget_found();
    line[*rl.point] = '\0';
    complete(line, &found);
    before[0] = found.first > 0 ? line[found.first - 1] : '\0';
    line[*rl.point] = saved;
    return before;
}

/* readline's hook for the second question. A word that has the character before
   it once more begins for readline behind the last of those, at `start`: so do
   the candidates then, and one with other text before is of no use. */
static char **give_completion(const char *text, int start, int end)
{
    (void)text, (void)end;
    const char *word = *rl.line_buffer + found.first;
    size_t n = (size_t)start > found.first ? (size_t)start - found.first : 0;
    for (char **c = found.candidates; c && *c; c++) {
        if (strncmp(*c, word, n) != 0) {
            forget_found();
            break;
        }
        memmove(*c, *c + n, strlen(*c + n) + 1);
    }
    char **candidates = found.candidates;
    *rl.attempted_completion_over = 1; /* readline adds no file names */
    *rl.completion_append_character = found.ending;
    *rl.filename_completion_desired = found.are_files;
    *rl.filename_quoting_desired = 0;
    found.candidates = NULL; /* readline's now */
    return candidates;
}

void host_editor_set_completer(host_completer completer)
{
    pg_assert(completer);
    complete = completer;
    if (is_edited) {
        *rl.completion_word_break_hook = find_completion;
        *rl.attempted_completion_function = give_completion;
    }
}
