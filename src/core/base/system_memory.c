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

enum {
    LONGEST_NAME = 64,
    LONGEST_NUMBER = 64,
    TEXT = 4096,
    RESERVED_PART = 25,
    MOST_RESERVED = 256 * 1024 * 1024
};

/* What is not said is as much as can be. */
static const size_t UNKNOWN = SIZE_MAX;

/* --- files that the system makes up ---------------------------------------
 */

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

/* The number at the front of the text; "max" is none. */
static size_t number_of(const char *text)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    return end == text || number > SIZE_MAX ? UNKNOWN : (size_t)number;
}

/* The number on the line that begins with the name. */
static size_t number_named(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, n) == 0)
            return number_of(line + n);
    }
    return UNKNOWN;
}

static size_t number_in(const char *folder, const char *file)
{
    char path[PATH_MAX + LONGEST_NAME], text[LONGEST_NUMBER];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return read_text(text, sizeof text, path) ? number_of(text) : UNKNOWN;
}

/* --- the machine ----------------------------------------------------------
 */

/* Kilobytes as bytes; nothing where they are not known. */
static size_t bytes_of(size_t kilobytes)
{
    return kilobytes == UNKNOWN ? 0 : kilobytes * 1024;
}

static size_t machine_has(size_t *total)
{
    char text[TEXT];
    if (!read_text(text, sizeof text, "/proc/meminfo"))
        return UNKNOWN;
    size_t available = number_named(text, "MemAvailable:");
    *total = bytes_of(number_named(text, "MemTotal:"));
    return available == UNKNOWN ? UNKNOWN
                                : bytes_of(available) +
                                      bytes_of(number_named(text, "SwapFree:"));
}

/* --- control groups -------------------------------------------------------
 */

/* The names that a version of them has for its numbers. */
typedef struct names {
    const char *mount, *most, *used, *inactive, *active;
} names;

static const names second = {"/sys/fs/cgroup", "memory.max", "memory.current",
                             "inactive_file ", "active_file "};
static const names first = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                            "memory.usage_in_bytes", "total_inactive_file ",
                            "total_active_file "};

/* What a group may still take: files that are cached count as used, but give
   way. */
static size_t group_has(const char *folder, const names *n, size_t *total)
{
    char path[PATH_MAX + LONGEST_NAME], text[TEXT];
    size_t most = number_in(folder, n->most);
    size_t used = number_in(folder, n->used);
    if (most == UNKNOWN || used == UNKNOWN)
        return UNKNOWN;
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    const char *const cached[] = {n->inactive, n->active};
    for (size_t i = 0; i < 2 && read_text(text, sizeof text, path); i++) {
        size_t cache = number_named(text, cached[i]);
        used -= cache == UNKNOWN ? 0 : pg_size_min(cache, used);
    }
    *total = pg_size_min(*total, most);
    return most > used ? most - used : 0;
}

/* The least that a group and those around it have. In a container the path may
   be one that only the machine outside knows. */
static size_t groups_have(const char *path, const names *n, size_t *total)
{
    char folder[PATH_MAX];
    size_t mount = strlen(n->mount), least = UNKNOWN;
    size_t length = strcspn(path, "\n");
    if (mount + length >= sizeof folder)
        return UNKNOWN;
    snprintf(folder, sizeof folder, "%s%.*s", n->mount, (int)length, path);
    for (char *end = folder + mount + length;; *end = '\0') {
        least = pg_size_min(least, group_has(folder, n, total));
        if (end <= folder + mount)
            return least;
        do
            end--;
        while (end > folder + mount && *end != '/');
    }
}

/* Lines of number:controllers:path; the second version's has no controllers. */
static size_t all_groups_have(size_t *total)
{
    char text[TEXT];
    size_t least = UNKNOWN;
    if (!read_text(text, sizeof text, "/proc/self/cgroup"))
        return UNKNOWN;
    const char *path = strstr(text, "0::/");
    if (path)
        least = groups_have(path + strlen("0::"), &second, total);
    path = strstr(text, ":memory:/");
    if (path)
        least = pg_size_min(
            least, groups_have(path + strlen(":memory:"), &first, total));
    return least;
}

/* --- both -----------------------------------------------------------------
 */

size_t pg_system_memory_available(void)
{
    size_t total = 0;
    size_t has = machine_has(&total);
    has = pg_size_min(has, all_groups_have(&total));
    size_t reserve = pg_size_min(total / RESERVED_PART, MOST_RESERVED);
    if (has == UNKNOWN)
        return UNKNOWN;
    return has > reserve ? has - reserve : 0;
}

size_t pg_system_memory_resident(void)
{
    char text[TEXT];
    if (!read_text(text, sizeof text, "/proc/self/status"))
        return 0;
    return bytes_of(number_named(text, "VmRSS:"));
}

void pg_system_memory_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
