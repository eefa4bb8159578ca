/*
 * readline.h -- GNU readline, loaded at run time: scripts do not pay for it,
 * and it may be missing.
 */
#ifndef PG_HOST_READLINE_H
#define PG_HOST_READLINE_H

#include <stdbool.h>
#include <stdio.h>

typedef int host_command(int count, int key); /* is bound to keys */

enum {
    HOST_VI_MODE = 0,         /* of editing_mode */
    HOST_ARGUMENT_READ = 0x40 /* of readline_state: RL_STATE_MOREINPUT */
};

/* The functions and variables that we use, without their rl_. */
typedef struct host_readline {
    char *(*readline)(const char *prompt);
    int (**getc_function)(FILE *file);
    int (*pending_signal)(void);
    void (*check_signals)(void);
    void (*add_history)(const char *line);
    int (*variable_bind)(const char *name, const char *value);
    char *(*variable_value)(const char *name);
    int *readline_version;
    unsigned long *readline_state;
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
    void *(*get_keymap_by_name)(const char *name);
    int (*bind_keyseq_in_map)(const char *keys, host_command *, void *keymap);
    host_command *noninc_forward_search, *noninc_reverse_search;
    host_command *noninc_forward_search_again, *noninc_reverse_search_again;
    host_command *get_next_history, *get_previous_history;
    void (*replace_line)(const char *line, int forget_undo);
    int *editing_mode;
    void (*using_history)(void);
    int (*where_history)(void);
    int (*history_set_pos)(int offset);
    int *history_length;
} host_readline;

extern host_readline rl;

/* Loads the library; false where it is not installed. */
bool host_readline_load(void);

/* Binds keys whose commands would crash readline to commands that do not. */
void host_readline_fix_keys(void);

#endif
