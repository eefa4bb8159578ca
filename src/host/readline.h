/*
 * readline.h -- GNU readline for lines.c: what we use of it, and the bytes that
 * it reads.
 */
#ifndef PG_HOST_READLINE_H
#define PG_HOST_READLINE_H

#include <stdbool.h>
#include <stdio.h>

/* --- readline.c ----------------------------------------------------------- */

/* readline's own functions and variables, without their rl_. */
typedef struct host_readline {
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
} host_readline;

extern host_readline rl;

/* Loads the library; false where it is not there. */
bool host_readline_load(void);

/* --- keys.c --------------------------------------------------------------- */

/* A line begins: what came before of Ctrl-C and pastes is forgotten. */
void host_keys_begin(void);

/* readline's source of bytes (getc_function). */
int host_keys_next(FILE *file);

/* Whether Ctrl-C has thrown the line away. */
bool host_keys_threw_away(void);

#endif
