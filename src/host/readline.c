/* GNU readline, loaded at run time, and a workaround for one of its bugs. */
#include "host/readline.h"

#include <dlfcn.h>
#include <string.h>

host_readline rl;

/* dlsym gives functions as data pointers, which C cannot cast. */
static bool find(void *library, const char *name, void *pointer)
{
    void *symbol = dlsym(library, name);
    memcpy(pointer, &symbol, sizeof symbol);
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

/* --- a workaround ----------------------------------------------------------

   readline 8.2 crashes after a search of the history (M-p and M-n; in vi mode
   /, ?, n and N) that starts on an earlier line. The search drops the line that
   was begun before the cursor keys went into the history, but keeps the offset
   there; where the line is then edited and left for another, its list of
   changes has two owners, and is freed twice. So a search here begins on the
   line that was begun, but at the same offset. In Emacs mode it ends on that
   line; in vi mode it goes on from there to the entry that was found. */
static int search(host_command *by, int count, int key)
{
    int offset = rl.where_history();
    rl.get_next_history(*rl.history_length - offset, 0);
    rl.history_set_pos(offset);
    int failed = by(count, key);
    int found = rl.where_history();
    rl.using_history(); /* goes to the end */
    if (!failed && *rl.editing_mode == HOST_VI_MODE &&
        found < *rl.history_length) {
        rl.replace_line("", 1);
        rl.get_previous_history(*rl.history_length - found, 0);
    }
    return failed;
}

static int search_forward(int count, int key)
{
    return search(rl.noninc_forward_search, count, key);
}

static int search_back(int count, int key)
{
    return search(rl.noninc_reverse_search, count, key);
}

static int search_forward_again(int count, int key)
{
    return search(rl.noninc_forward_search_again, count, key);
}

static int search_back_again(int count, int key)
{
    return search(rl.noninc_reverse_search_again, count, key);
}

void host_readline_fix_keys(void)
{
    void *emacs = rl.get_keymap_by_name("emacs");
    void *vi = rl.get_keymap_by_name("vi-move");
    rl.bind_keyseq_in_map("\\ep", search_back, emacs);
    rl.bind_keyseq_in_map("\\en", search_forward, emacs);
    rl.bind_keyseq_in_map("/", search_back, vi);
    rl.bind_keyseq_in_map("?", search_forward, vi);
    rl.bind_keyseq_in_map("n", search_back_again, vi);
    rl.bind_keyseq_in_map("N", search_forward_again, vi);
}
