/* Reading of regular files, in chunks between which interrupts are polled. */

#include "io/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"

pg_status pg_input_check_regular(mode_t mode, const char *path, pg_error *err)
{
    if (S_ISDIR(mode))
        return pg_fail(err, PG_EIO, "%.600s: it is a directory", path);
    if (!S_ISREG(mode))
        return pg_fail(err, PG_EIO, "%.600s: it is not a regular file", path);
    return PG_OK;
}

/* O_NONBLOCK: does not wait for the writer of a pipe, which is then refused. */
pg_status pg_input_open(FILE **file, uint64_t *length, const char *path,
                        pg_error *err)
{
    struct stat info;
    *file = NULL;
    int fd, result;
    PG_RETRY(fd, open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (fd < 0)
        return pg_fail_system(err, path);
    PG_RETRY(result, fstat(fd, &info));
    pg_status status = result == 0
                           ? pg_input_check_regular(info.st_mode, path, err)
                           : pg_fail_system(err, path);
    if (status == PG_OK) {
        *length = (uint64_t)info.st_size;
        *file = fdopen(fd, "rb");
        if (!*file)
            status = pg_fail_system(err, path);
    }
    if (!*file)
        close(fd);
    return status;
}

enum { CHUNK = 1 << 22 }; /* bytes */

pg_status pg_input_read(FILE *file, const char *path, void *out, size_t n,
                        pg_error *err)
{
    size_t end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, CHUNK); i = end)
        for (size_t k = i; k < end;) {
            k += fread((char *)out + k, 1, end - k, file);
            if (k == end)
                break;
            if (!ferror(file))
                return pg_fail(err, PG_EFORMAT, "%.600s: it ends too early",
                               path);
            if (errno != EINTR)
                return pg_fail_system(err, path);
            clearerr(file);
        }
    return pg_check_interrupt(err);
}

pg_status pg_input_read_at(FILE *file, const char *path, void *out, uint64_t at,
                           size_t n, pg_error *err)
{
    size_t end;
    for (size_t i = 0; pg_next_chunk(&end, i, n, CHUNK); i = end)
        for (size_t k = i; k < end;) {
            ssize_t got;
            PG_RETRY(got, pread(fileno(file), (char *)out + k, end - k,
                                (off_t)(at + k)));
            if (got < 0)
                return pg_fail_call(err, path);
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
    int result;
    PG_RETRY(result, stat(path, &info));
    *exists = result == 0;
    if (*exists || errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
        errno == ENAMETOOLONG)
        return PG_OK;
    return pg_fail_system(err, path);
}
