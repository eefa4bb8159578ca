/* Files that are read: only regular ones. */
#include "io/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"

static pg_status check_regular(int fd, uint64_t *length, const char *path,
                               pg_error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return pg_fail_system(err, path);
    if (S_ISDIR(info.st_mode))
        return pg_fail(err, PG_EIO, "%.600s: it is a directory", path);
    if (!S_ISREG(info.st_mode))
        return pg_fail(err, PG_EIO, "%.600s: it is not a regular file", path);
    *length = (uint64_t)info.st_size;
    return PG_OK;
}

/* O_NONBLOCK: does not wait for the writer of a pipe, which is then refused. */
pg_status pg_input_open(FILE **file, uint64_t *length, const char *path,
                        pg_error *err)
{
    *file = NULL;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return pg_fail_system(err, path);
    pg_status status = check_regular(fd, length, path, err);
    if (status == PG_OK) {
        *file = fdopen(fd, "rb");
        if (!*file)
            status = pg_fail_system(err, path);
    }
    if (!*file)
        close(fd);
    return status;
}

enum { PART = 1 << 22 }; /* bytes between polls for interrupts */

pg_status pg_input_read(FILE *file, const char *path, void *out, size_t n,
                        pg_error *err)
{
    size_t end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, PART); i = end) {
        if (fread((char *)out + i, 1, end - i, file) == end - i)
            continue;
        if (ferror(file))
            return pg_fail_system(err, path);
        return pg_fail(err, PG_EFORMAT, "%.600s: it ends too early", path);
    }
    return pg_check_interrupt(err);
}

pg_status pg_input_read_at(FILE *file, const char *path, void *out, uint64_t at,
                           size_t n, pg_error *err)
{
    size_t end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, PART); i = end)
        for (size_t k = i; k < end;) {
            ssize_t got =
                pread(fileno(file), (char *)out + k, end - k, (off_t)(at + k));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return pg_fail_system(err, path);
            if (got == 0)
                return pg_fail(err, PG_EFORMAT, "%.600s: it ends too early",
                               path);
            k += (size_t)got;
        }
    return pg_check_interrupt(err);
}

pg_status pg_input_exists(bool *exists, const char *path, pg_error *err)
{
    struct stat info;
    *exists = stat(path, &info) == 0;
    if (*exists || errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
        errno == ENAMETOOLONG)
        return PG_OK;
    return pg_fail_system(err, path);
}
