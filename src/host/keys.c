#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <unistd.h>
#include <wchar.h>

#include "host.h"
#include "readline.h"

/* --- bytes ---------------------------------------------------------------- */

/* Ctrl-C throws the line away: readline puts the terminal in order and passes
   the signal on to our handler; from then on the input is at an end, until
   readline has left whatever it was in. */
static bool is_thrown_away;

/* Waits for input or a signal: those are held back until it waits. */
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

static bool is_interrupted(void)
{
    rl.check_signals();
    is_thrown_away = is_thrown_away || host_was_interrupted();
    return is_thrown_away;
}

/* Reads once there are bytes: at most size, and none at the end of the input or
   where the line is thrown away. */
static size_t read_bytes(unsigned char *bytes, size_t size)
{
    while (!is_interrupted()) {
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
    return 0;
}

/* --- pasted text ---------------------------------------------------------- */

/* What is pasted stands between two marks. */
static const char paste_begins[] = "\33[200~", paste_ends[] = "\33[201~";
enum { MARK_LENGTH = sizeof paste_ends - 1 };
static bool is_pasted;  /* what is read */
static size_t matching; /* bytes, the last ones, of the next mark */

static void follow_marks(unsigned char byte)
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

/* The next byte, or EOF. It reads one at a time, as a chunk may read the input
   that follows its line; and of what is pasted, as many as its end has at the
   least. Where the input ends within, the mark is given all the same: else
   readline 8.2 reads beyond the text's memory. */
static int next_byte(void)
{
    static unsigned char bytes[MARK_LENGTH];
    static size_t count, given;
    unsigned char byte;
    if (given == count || is_thrown_away) {
        given = 0;
        count = read_bytes(bytes, is_pasted ? MARK_LENGTH - matching : 1);
    }
    if (count > 0)
        byte = bytes[given++];
    else if (is_pasted)
        byte = (unsigned char)paste_ends[matching];
    else
        return EOF;
    follow_marks(byte);
    return byte;
}

/* --- characters ----------------------------------------------------------- */

/* A character of the locale's encoding; where each byte is one, a byte. Bytes
   that are none become U+FFFD, and no NUL gets into a line: with them there,
   readline 8.2 searches for ever for where words end. */
static char character[2 * MB_LEN_MAX];
static size_t size, taken;

static void replace_character(void)
{
    mbstate_t state = {0};
    size = wcrtomb(character, 0xfffd, &state);
    if (size == (size_t)-1) { /* the locale has none */
        character[0] = '?';
        size = 1;
    }
}

/* NUL is Ctrl-@ or Ctrl-Space, Emacs's keys for the mark, and nothing else. */
static int byte_but_nul(void)
{
    int byte;
    do {
        byte = next_byte();
    } while (byte == '\0' && (*rl.editing_mode == HOST_VI_MODE ||
                              *rl.readline_state & HOST_ARGUMENT_READ));
    return byte;
}

/* At the end of the input, there is none. */
static void take_character(void)
{
    static int ahead = EOF; /* what was behind the bytes that were none */
    mbstate_t state = {0};
    size_t found = (size_t)-2; /* incomplete */
    size = taken = 0;
    while (found == (size_t)-2 && size < sizeof character) {
        int byte = ahead != EOF ? ahead : byte_but_nul();
        ahead = EOF;
        if (byte == EOF)
            break;
        character[size++] = (char)byte;
        found = MB_CUR_MAX == 1
                    ? 1
                    : mbrtowc(NULL, &character[size - 1], 1, &state);
    }
    if (found == (size_t)-1 && size > 1)
        ahead = (unsigned char)character[size - 1];
    if (size > 0 && (found == (size_t)-1 || found == (size_t)-2))
        replace_character();
}

int host_keys_next(FILE *file)
{
    (void)file;
    if (taken == size)
        take_character();
    return taken < size ? (unsigned char)character[taken++] : EOF;
}

/* --- lines ---------------------------------------------------------------- */

void host_keys_begin(void)
{
    is_thrown_away = is_pasted = false;
    matching = 0;
}

bool host_keys_threw_away(void)
{
    return is_thrown_away;
}
