#include <dlfcn.h>
#include <string.h>

#include "readline.h"

/* Loaded when a prompt opens: scripts pay nothing for it, and where it is not
   there the prompt is plain. */
host_readline rl;

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
           find(library, "using_history", &rl.using_history) &&
           find(library, "where_history", &rl.where_history) &&
           find(library, "history_set_pos", &rl.history_set_pos) &&
           find(library, "history_length", &rl.history_length) &&
           FIND(getc_function) && FIND(pending_signal) && FIND(check_signals) &&
           FIND(variable_bind) && FIND(variable_value) &&
           FIND(readline_version) && FIND(readline_state) &&
           FIND(line_buffer) && FIND(point) && FIND(change_environment) &&
           FIND(completion_append_character) &&
           FIND(filename_completion_desired) &&
           FIND(filename_quoting_desired) && FIND(attempted_completion_over) &&
           FIND(readline_name) && FIND(completion_word_break_hook) &&
           FIND(attempted_completion_function) && FIND(get_keymap_by_name) &&
           FIND(bind_keyseq_in_map) && FIND(noninc_forward_search) &&
           FIND(noninc_reverse_search) && FIND(noninc_forward_search_again) &&
           FIND(noninc_reverse_search_again) && FIND(get_next_history) &&
           FIND(get_previous_history) && FIND(replace_line) &&
           FIND(editing_mode);
#undef FIND
}

bool host_readline_load(void)
{
    static const char *const names[] = {"libreadline.so.8", "libreadline.so"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library && find_all(library))
            return true;
    }
    return false;
}
