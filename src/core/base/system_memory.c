/* Memory that the system can give, read from /proc and control groups. */

#include "base/system_memory.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/status.h"

/* The reserve is a twenty-fifth of the memory, and at most MAX_RESERVE. */
enum { RESERVE_DIVISOR = 25, MAX_RESERVE = 256 * 1024 * 1024 };
enum { NAME_SIZE = 64, NUMBER_SIZE = 64, TEXT_SIZE = 4096 };

/* A number that cannot be read. It is the largest: an unknown limit is none. */
static const size_t UNKNOWN = SIZE_MAX;

/* --- files of /proc and /sys ---------------------------------------------- */

static bool read_text(char *text, size_t size, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, size - 1);
    close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return n > 0;
}

/* The number at the start of the text; UNKNOWN for others, such as "max". */
static size_t parse_number(const char *text)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    return end == text || number > SIZE_MAX ? UNKNOWN : (size_t)number;
}

/* The number behind the name that begins a line. */
static size_t find_number(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, n) == 0)
            return parse_number(line + n);
    }
    return UNKNOWN;
}

static size_t read_number(const char *folder, const char *file)
{
    char path[PATH_MAX + NAME_SIZE], text[NUMBER_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return read_text(text, sizeof text, path) ? parse_number(text) : UNKNOWN;
}

/* Kilobytes as bytes; 0 if unknown. */
static size_t bytes_of(size_t kilobytes)
{
    return kilobytes == UNKNOWN ? 0 : kilobytes * 1024;
}

/* --- control groups ------------------------------------------------------- */

/* The files and keys of a version of control groups. */
typedef struct names {
    const char *mount, *limit, *used, *inactive, *active;
} names;

static const names version2 = {"/sys/fs/cgroup", "memory.max", "memory.current",
                               "inactive_file ", "active_file "};
static const names version1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                               "memory.usage_in_bytes", "total_inactive_file ",
                               "total_active_file "};

/* Bytes that a group can still take. Cached files count as used, but can be
   dropped. *total becomes the limit, if that is lower. */
static size_t group_available(const char *folder, const names *n, size_t *total)
{
    char path[PATH_MAX + NAME_SIZE], text[TEXT_SIZE];
    size_t limit = read_number(folder, n->limit);
    size_t used = read_number(folder, n->used);
    if (limit == UNKNOWN || used == UNKNOWN)
        return UNKNOWN;
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    const char *const cached[] = {n->inactive, n->active};
    for (size_t i = 0; i < 2 && read_text(text, sizeof text, path); i++) {
        size_t cache = find_number(text, cached[i]);
        used -= cache == UNKNOWN ? 0 : pg_size_min(cache, used);
    }
    *total = pg_size_min(*total, limit);
    return limit > used ? limit - used : 0;
}

/* The least that a group or one of its ancestors can take. Folders that do not
   exist are skipped: in a container the path may be the host's. */
static size_t ancestors_available(const char *path, const names *n,
                                  size_t *total)
{
    char folder[PATH_MAX];
    size_t mount = strlen(n->mount), least = UNKNOWN;
    size_t length = strcspn(path, "\n");
    if (mount + length >= sizeof folder)
        return UNKNOWN;
    snprintf(folder, sizeof folder, "%s%.*s", n->mount, (int)length, path);
    for (char *end = folder + mount + length;; *end = '\0') {
        least = pg_size_min(least, group_available(folder, n, total));
        if (end <= folder + mount)
            return least;
        do
            end--;
        while (end > folder + mount && *end != '/');
    }
}

/* The least of both versions. /proc/self/cgroup has lines of
   number:controllers:path, in version 2 without controllers. */
static size_t groups_available(size_t *total)
{
    char text[TEXT_SIZE];
    size_t least = UNKNOWN;
    if (!read_text(text, sizeof text, "/proc/self/cgroup"))
        return UNKNOWN;
    const char *path = strstr(text, "0::/");
    if (path)
        least = ancestors_available(path + strlen("0::"), &version2, total);
    path = strstr(text, ":memory:/");
    if (path)
        least =
            pg_size_min(least, ancestors_available(path + strlen(":memory:"),
                                                   &version1, total));
    return least;
}

/* --- the process ---------------------------------------------------------- */

size_t pg_system_memory_available(void)
{
    char text[TEXT_SIZE];
    size_t total = 0, available = UNKNOWN;
    if (read_text(text, sizeof text, "/proc/meminfo")) {
        total = bytes_of(find_number(text, "MemTotal:"));
        available = find_number(text, "MemAvailable:");
        if (available != UNKNOWN)
            available =
                bytes_of(available) + bytes_of(find_number(text, "SwapFree:"));
    }
    available = pg_size_min(available, groups_available(&total));
    size_t reserve = pg_size_min(total / RESERVE_DIVISOR, MAX_RESERVE);
    if (available == UNKNOWN)
        return UNKNOWN;
    return available > reserve ? available - reserve : 0;
}

size_t pg_system_memory_resident(void)
{
    char text[TEXT_SIZE];
    if (!read_text(text, sizeof text, "/proc/self/status"))
        return 0;
    size_t all = bytes_of(find_number(text, "VmRSS:"));
    size_t of_files = bytes_of(find_number(text, "RssFile:"));
    return all - pg_size_min(of_files, all);
}

void pg_system_memory_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
