/* The file of chunks that were entered at prompts.

   Its format is bash's with times: "#" and seconds since 1970 in a line, then
   the chunk's lines. Each line before the first time is a chunk.

   A prompt appends each chunk when it is entered, and reads the file when it
   opens: the cursor keys go through its own chunks first, and through all
   others from before. Writers hold the file's lock, readers try to; one that is
   not free within a moment is ignored. */
#include "host/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/printable.h"
#include "host/line_editor.h"

enum {
    MOST_CHUNKS = 10000, /* that a file keeps when it is truncated */
    LONGEST = 1 << 18    /* bytes of a chunk in the file */
};

static char path[4096]; /* empty where there is no file */

/* --- the file ------------------------------------------------------------- */

/* Sets path to $XDG_STATE_HOME/perigee/history, by default below
   ~/.local/state, and makes the folders on the way. A link is followed: the
   file is replaced when it is truncated, and the link must stay. */
static void find_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = 0;
    if (state && state[0] == '/')
        n = snprintf(path, sizeof path, "%s/perigee/history", state);
    else if (home && home[0] == '/')
        n = snprintf(path, sizeof path, "%s/.local/state/perigee/history",
                     home);
    if (n <= 0 || (size_t)n >= sizeof path) {
        path[0] = '\0';
        return;
    }
    for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    char *file = realpath(path, NULL);
    if (file && strlen(file) < sizeof path)
        strcpy(path, file);
    free(file);
}

/* Takes the lock. Waits only a moment, as its holder may be stopped; once that
   was in vain, later calls do not wait. */
static bool lock(int file)
{
    enum { MOST_WAITS = 20 };
    static int waits = MOST_WAITS;
    const struct timespec pause = {.tv_nsec = 10000000};
    while (flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || waits == 0)
            return false;
        waits--;
        nanosleep(&pause, NULL);
    }
    waits = MOST_WAITS;
    return true;
}

/* Opens and locks the file; -1 where that fails. Begins anew where the lock's
   last holder has replaced the file. */
static int open_locked(int flags)
{
    for (int tries = 0; tries < 10; tries++) {
        struct stat locked, named;
        int file = open(path, flags | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
        if (file < 0 || !lock(file) || fstat(file, &locked) != 0) {
            if (file >= 0)
                close(file);
            return -1;
        }
        if (stat(path, &named) == 0 && named.st_ino == locked.st_ino)
            return file;
        close(file);
    }
    return -1;
}

/* The file's text, from malloc, with ? for what a terminal would obey; NULL
   where it cannot be read. */
static char *read_all(int file)
{
    struct stat about;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode))
        return NULL;
    size_t size = (size_t)about.st_size, n = 0;
    char *text = malloc(size + 1);
    while (text && n < size) {
        ssize_t more = read(file, text + n, size - n);
        if (more <= 0)
            break;
        n += (size_t)more;
    }
    if (!text)
        return NULL;
    text[n] = '\0';
    for (size_t i = 0; i < n; i++) /* a power failure leaves zeros */
        if (text[i] == '\0')
            text[i] = '\n';
    pg_make_printable(text, "\n\t");
    return text;
}

static bool write_all(int file, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(file, text, size);
        if (n < 0)
            return false;
        text += n;
        size -= (size_t)n;
    }
    return true;
}

/* --- chunks --------------------------------------------------------------- */

/* True for a line with the time of the chunk below it. */
static bool is_time(const char *line)
{
    size_t digits = line[0] == '#' ? strspn(line + 1, "0123456789") : 0;
    return digits > 0 && (line[digits + 1] == '\n' || line[digits + 1] == '\0');
}

static char *next_line(char *line)
{
    char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* One chunk of the file's text. */
typedef struct entry {
    char *begin; /* with its time */
    char *chunk, *end;
} entry;

/* Reads the entry at `text`; false at the end. A chunk with a time ends at the
   next time, one without at the end of its line. */
static bool next_entry(entry *e, char *text)
{
    if (*text == '\0')
        return false;
    bool has_time = is_time(text);
    e->begin = text;
    e->chunk = e->end = has_time ? next_line(text) : text;
    if (*e->end)
        e->end = next_line(e->end);
    while (has_time && *e->end && !is_time(e->end))
        e->end = next_line(e->end);
    return true;
}

/* Adds each chunk of the text to the editor's history. Returns the number of
   entries. */
static size_t remember_all(char *text)
{
    entry e;
    size_t n = 0;
    for (; next_entry(&e, text); text = e.end) {
        n++;
        if (e.end == e.chunk || *e.chunk == '\n')
            continue;
        char *last = e.end[-1] == '\n' ? e.end - 1 : e.end;
        char saved = *last;
        *last = '\0';
        host_editor_remember(e.chunk);
        *last = saved;
    }
    return n;
}

/* Replaces the file by one without the first `count` entries of its text. */
static void drop_first(char *text, size_t count)
{
    entry e;
    char temporary[sizeof path + 8];
    for (size_t i = 0; i < count && next_entry(&e, text); i++)
        text = e.end;
    snprintf(temporary, sizeof temporary, "%s.new", path);
    int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    bool written = write_all(file, text, strlen(text)) && fsync(file) == 0;
    if (close(file) != 0 || !written || rename(temporary, path) != 0)
        unlink(temporary);
}

void host_history_open(void)
{
    find_path();
    if (!path[0])
        return;
    int file = open_locked(O_RDWR);
    bool is_locked = file >= 0;
    if (!is_locked)
        file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return;
    char *text = read_all(file);
    size_t n = text ? remember_all(text) : 0;
    if (is_locked && n > 2 * MOST_CHUNKS)
        drop_first(text, n - MOST_CHUNKS);
    free(text);
    close(file);
}

void host_history_add(const char *chunk)
{
    size_t size = strlen(chunk);
    if (!path[0] || size > LONGEST)
        return;
    char *text = malloc(size + 32);
    int file = text ? open_locked(O_RDWR | O_APPEND) : -1;
    struct stat before;
    if (file >= 0 && fstat(file, &before) == 0) {
        char last = '\n';
        off_t end = before.st_size;
        bool ends_in_line = end > 0 && pread(file, &last, 1, end - 1) == 1 &&
                            last != '\n'; /* of a write that was cut short */
        int n = sprintf(text, "%s#%lld\n%s\n", ends_in_line ? "\n" : "",
                        (long long)time(NULL), chunk);
        /* As a whole or not at all: a part would begin the next chunk. Where
           not even that works, no more are written. */
        if (!write_all(file, text, (size_t)n) && S_ISREG(before.st_mode) &&
            ftruncate(file, end) != 0)
            path[0] = '\0';
    }
    if (file >= 0)
        close(file);
    free(text);
}
