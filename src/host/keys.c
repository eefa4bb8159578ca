/* The bytes that readline reads from a terminal.

   A function of ours reads them, so that Ctrl-C and pasted text cannot leave
   readline in a state from which it crashes, and so that it sees only
   characters of the locale. */
#include "host/keys.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <unistd.h>
#include <wchar.h>

#include "host/interrupt.h"
#include "host/readline.h"

/* --- bytes ---------------------------------------------------------------- */

/* Ctrl-C discards the line: readline restores the terminal and passes the
   signal on to our handler. From then on the input is at its end, until
   readline has left the search or the question that it was in. */
static bool is_discarded;

/* Waits for input or a signal, which is blocked until it waits. */
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

/* Waits for bytes and reads at most size of them; 0 at the end of the input or
   of a line that was discarded. */
static size_t read_bytes(unsigned char *bytes, size_t size)
{
    for (;;) {
        rl.check_signals();
        is_discarded = is_discarded || host_was_interrupted();
        if (is_discarded)
            return 0;
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
}

/* --- pasted text ---------------------------------------------------------- */

/* The terminal puts pasted text between two marks. */
static const char paste_begins[] = "\33[200~", paste_ends[] = "\33[201~";
enum { MARK_LENGTH = sizeof paste_ends - 1 };
static bool is_pasted;  /* the next byte */
static size_t matching; /* the first bytes of the next mark that were read */

/* Matches a byte with the mark that may come next. */
static void match_mark(unsigned char byte)
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

/* The next byte, or EOF. Reads one at a time, as a chunk may read the input
   that follows its line, but as many bytes of pasted text as its end mark still
   has. Supplies the mark where the input ends within pasted text: readline 8.2
   would read beyond the text's memory. */
static int next_byte(void)
{
    static unsigned char bytes[MARK_LENGTH];
    static size_t count, given;
    unsigned char byte;
    if (given == count || is_discarded) {
        given = 0;
        count = read_bytes(bytes, is_pasted ? MARK_LENGTH - matching : 1);
    }
    if (count > 0)
        byte = bytes[given++];
    else if (is_pasted)
        byte = (unsigned char)paste_ends[matching];
    else
        return EOF;
    match_mark(byte);
    return byte;
}

/* --- characters ----------------------------------------------------------- */

/* A character in the locale's encoding. Other bytes become U+FFFD. No NUL gets
   into a line: readline 8.2 would never find the end of a word. */
static char character[2 * MB_LEN_MAX];
static size_t size, taken; /* bytes of it */

/* Reads the next character; size is 0 at the end of the input. NUL is Ctrl-@ or
   Ctrl-Space, and only Emacs mode has a command for it. */
static void read_character(void)
{
    static int ahead = EOF; /* a byte that ended an invalid sequence */
    const size_t incomplete = (size_t)-2, invalid = (size_t)-1;
    mbstate_t state = {0};
    size_t found = incomplete;
    size = taken = 0;
    while (found == incomplete && size < sizeof character) {
        int byte = ahead != EOF ? ahead : next_byte();
        bool takes_nul = *rl.editing_mode != HOST_VI_MODE &&
                         !(*rl.readline_state & HOST_ARGUMENT_READ);
        ahead = EOF;
        if (byte == EOF)
            break;
        if (byte == '\0' && !takes_nul)
            continue;
        character[size++] = (char)byte;
        found = MB_CUR_MAX == 1
                    ? 1
                    : mbrtowc(NULL, &character[size - 1], 1, &state);
    }
    if (size == 0 || (found != incomplete && found != invalid))
        return;
    if (found == invalid && size > 1)
        ahead = (unsigned char)character[size - 1];
    state = (mbstate_t){0};
    size = wcrtomb(character, 0xfffd, &state);
    if (size == invalid) { /* the locale has no U+FFFD */
        character[0] = '?';
        size = 1;
    }
}

int host_keys_next(FILE *file)
{
    (void)file;
    if (taken == size)
        read_character();
    return taken < size ? (unsigned char)character[taken++] : EOF;
}

/* --- lines ---------------------------------------------------------------- */

void host_keys_begin(void)
{
    is_discarded = is_pasted = false;
    matching = 0;
}

bool host_keys_discarded(void)
{
    return is_discarded;
}
