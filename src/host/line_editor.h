/*
 * line_editor.h -- lines of input, edited by readline where it is installed.
 */
#ifndef PG_HOST_LINE_EDITOR_H
#define PG_HOST_LINE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

typedef enum host_outcome {
    HOST_LINE,
    HOST_END,
    HOST_INTERRUPTED
} host_outcome;

/* Loads readline, if it is installed. A terminal's lines are not edited where
   output goes elsewhere; readline echoes the lines of a pipe, as in lua(1). */
void host_editor_open(void);

/* *line = the next line without its newline, until the next call; pasted text
   may have several lines. */
host_outcome host_editor_read(const char *prompt, const char **line);

/* Ends the line of a prompt behind which nothing was entered. */
void host_editor_end_line(void);

/* The candidates for a part of the line: the first is the prefix of all others,
   NULL comes last; all from malloc. */
typedef struct host_completion {
    size_t first;      /* the byte of the line at which the part begins */
    char **candidates; /* NULL for none */
    char ending;       /* follows the only candidate; 0 for nothing */
    bool are_files;
} host_completion;

/* Is called at Tab, with the line's text before the cursor. */
typedef void (*host_completer)(const char *text, host_completion *completion);
void host_editor_set_completer(host_completer completer);

/* Adds a chunk to readline's history, for the cursor keys. */
void host_editor_remember(const char *chunk);

#endif
