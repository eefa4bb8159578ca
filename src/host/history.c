#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../core/base/printable.h"
#include "host.h"

/* The file is as bash writes one with times: "#" and seconds since 1970 in a
   line, then the chunk's lines. Lines before the first time are a chunk each.

   Each prompt adds its chunks when they are entered, and reads the file when it
   opens: the cursor keys go through a prompt's own chunks first, and through
   those of all prompts of before. Who writes holds the file's lock, and who
   reads tries to: a lock that is not to be had in a moment is gone without. */
enum {
    MOST_CHUNKS = 10000, /* that are kept when the file is cut */
    LONGEST = 1 << 18    /* bytes of a chunk that is kept */
};

static char path[4096]; /* empty where there is no file */

/* --- the file ------------------------------------------------------------- */

/* Makes each folder on the way to the file. */
static void make_folders(void)
{
    for (char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

/* $XDG_STATE_HOME/perigee/history, by default below ~/.local/state. */
static void set_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = 0;
    if (state && state[0] == '/')
        n = snprintf(path, sizeof path, "%s/perigee/history", state);
    else if (home && home[0] == '/')
        n = snprintf(path, sizeof path, "%s/.local/state/perigee/history",
                     home);
    if (n <= 0 || (size_t)n >= sizeof path)
        path[0] = '\0';
}

/* Of a link, the file: it is that which is cut. */
static void follow_link(void)
{
    char *file = realpath(path, NULL);
    if (file && strlen(file) < sizeof path)
        strcpy(path, file);
    free(file);
}

/* Waits a moment for the lock: who holds it may be stopped, or have it for
   ever. After one that waited in vain nobody waits, until the lock was had. */
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

/* Opens and locks it; -1 where that cannot be. Who held the lock before may
   have put another file in its place. */
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

/* The file's text, from malloc; NULL where it cannot be read. */
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
    pg_make_printable(text, "\n\t"); /* the line shows it as it is */
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

/* Whether a line says when the chunk below it was entered. */
static bool is_time(const char *line)
{
    size_t digits = line[0] == '#' ? strspn(line + 1, "0123456789") : 0;
    return digits > 0 && (line[digits + 1] == '\n' || line[digits + 1] == '\0');
}

/* The line behind this one. */
static char *next_line(char *line)
{
    char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* Where the chunk at `chunk` ends: at the next time, or at the end of its line
   where it has none itself. */
static char *end_of_chunk(char *chunk, bool has_time)
{
    char *line = next_line(chunk);
    while (has_time && *line && !is_time(line))
        line = next_line(line);
    return line;
}

/* Has each chunk of the text remembered. Returns how many there are; where the
   text is to be cut, the last `most` begin at *kept. */
static size_t take_chunks(char *text, bool remember, size_t skip, char **kept)
{
    size_t n = 0;
    char *at = text;
    while (*at) {
        bool has_time = is_time(at);
        char *chunk = has_time ? next_line(at) : at;
        char *end = *chunk ? end_of_chunk(chunk, has_time) : chunk;
        if (n == skip)
            *kept = at;
        n++;
        if (remember && end > chunk && *chunk != '\n') {
            bool has_newline = end[-1] == '\n';
            char *last = has_newline ? end - 1 : end;
            char behind = *last;
            *last = '\0';
            host_lines_remember(chunk);
            *last = behind;
        }
        at = end > at ? end : next_line(at);
    }
    return n;
}

/* Puts a file with the last chunks in its place. */
static void keep_last(const char *text)
{
    char temporary[sizeof path + 8];
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
    set_path();
    if (!path[0])
        return;
    make_folders();
    follow_link();
    int file = open_locked(O_RDWR);
    bool is_locked = file >= 0;
    if (!is_locked) /* it can be read all the same */
        file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return;
    char *text = read_all(file), *kept = text;
    if (text) {
        size_t n = take_chunks(text, true, 0, &kept);
        if (is_locked && n > 2 * MOST_CHUNKS) {
            take_chunks(text, false, n - MOST_CHUNKS, &kept);
            keep_last(kept);
        }
    }
    free(text);
    close(file);
}

/* True where the last line has no end: it would be one with what is added. */
static bool ends_within_line(int file)
{
    char last;
    off_t size = lseek(file, 0, SEEK_END);
    return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

/* Adds all of it or nothing: a part would be taken for the beginning of the
   next chunk. */
static void append(int file, const char *entry, size_t size)
{
    struct stat before;
    if (fstat(file, &before) == 0 && !write_all(file, entry, size) &&
        S_ISREG(before.st_mode) && ftruncate(file, before.st_size) != 0)
        path[0] = '\0'; /* no more of them */
}

void host_history_add(const char *chunk)
{
    size_t size = strlen(chunk);
    if (!path[0] || size > LONGEST)
        return;
    char *entry = malloc(size + 32);
    int file = entry ? open_locked(O_RDWR | O_APPEND) : -1;
    if (file >= 0) {
        int n =
            sprintf(entry, "%s#%lld\n%s\n", ends_within_line(file) ? "\n" : "",
                    (long long)time(NULL), chunk);
        append(file, entry, (size_t)n);
        close(file);
    }
    free(entry);
}
