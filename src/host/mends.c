#include "readline.h"

/* M-p and M-n, and in vi mode /, ?, n and N, forget the line that was begun
   before the cursor keys went into the history, but not the place there. Is the
   line then changed and left for another, its changes have two owners, and are
   freed twice. So a search starts on that line, though from the place; in
   Emacs's mode it ends there, and in vi's, what was found is gone to from
   there. */
static int search(host_command *by, int count, int key)
{
    int place = rl.where_history();
    rl.get_next_history(*rl.history_length - place, 0);
    rl.history_set_pos(place);
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

void host_readline_mend(void)
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
