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

/* Loads readline, if it is installed. It does not edit a terminal's lines where
   output goes elsewhere; it echoes the lines of a pipe, as in lua(1). */
void host_editor_open(void);

/* Reads the next line: *line has no newline at its end, and lives until the
   next call. Pasted text may have several lines in one. */
host_outcome host_editor_read(const char *prompt, const char **line);

/* Ends the line of a prompt behind which nothing was entered. */
void host_editor_end_line(void);

/* Adds a chunk to readline's history, for the cursor keys. */
void host_editor_remember(const char *chunk);

/* Candidates for a part of the line, from malloc: first the prefix of all
   others, which is the only one if there is one; NULL is last. */
typedef struct host_completion {
    size_t first;      /* index of the part's first byte in the line */
    char **candidates; /* NULL for none */
    char ending;       /* to put behind the only candidate; 0 for none */
    bool are_files;
} host_completion;

/* Called at Tab, with the line's text before the cursor. */
typedef void (*host_completer)(const char *text, host_completion *completion);
void host_editor_set_completer(host_completer completer);

#endif
