#define _GNU_SOURCE /* for O_TMPFILE */

#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interrupt.h"
#include "runtime.h"

/* --- paths ---------------------------------------------------------------- */

static char *copy_path(const char *path)
{
    size_t bytes = strlen(path) + 1;
    char *copy = pg_malloc(bytes);
    return copy ? memcpy(copy, path, bytes) : NULL;
}

static void free_path(char *path)
{
    if (path)
        pg_free(path, strlen(path) + 1);
}

static char *name_in(char *path)
{
    char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Follows the link that path may be, and further links, to what a rename has to
   replace: so a link stays a link, even one to a file that is still to be made.
   Links among the folders on the way are the system's to follow. */
static bool follow_links(char path[PATH_MAX])
{
    enum { MOST_LINKS = 40 };
    char link[PATH_MAX];
    for (int i = 0; i < MOST_LINKS; i++) {
        ssize_t n = readlink(path, link, sizeof link - 1);
        if (n < 0)
            return true;
        link[n] = '\0';
        char *name = link[0] == '/' ? path : name_in(path);
        if ((name - path) + n >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return false;
        }
        memcpy(name, link, (size_t)n + 1);
    }
    errno = ELOOP;
    return false;
}

static pg_status set_target(pg_output *out, const char *path, pg_error *err)
{
    char target[PATH_MAX];
    size_t n = strlen(path);
    errno = ENAMETOOLONG;
    if (n >= sizeof target)
        return pg_fail_system(err, path);
    memcpy(target, path, n + 1);
    if (!follow_links(target))
        return pg_fail_system(err, path);
    out->target = copy_path(target);
    return out->target ? PG_OK : pg_fail_memory(err, n + 1);
}

/* --- beginning ------------------------------------------------------------ */

/* What a rename would replace without asking. */
static pg_status check_target(const char *target, pg_error *err)
{
    struct stat old;
    if (stat(target, &old) != 0)
        return PG_OK;
    if (S_ISDIR(old.st_mode))
        return pg_fail(err, PG_EIO, "%.600s: it is a directory", target);
    if (!S_ISREG(old.st_mode))
        return pg_fail(err, PG_EIO, "%.600s: it is not a regular file", target);
    return access(target, W_OK) == 0 ? PG_OK : pg_fail_system(err, target);
}

/* Where the target is: its path up to the last slash, or ".". */
static void folder_of(char folder[PATH_MAX], const char *target)
{
    snprintf(folder, PATH_MAX, "%s", target);
    char *name = name_in(folder);
    snprintf(name, 2, "%s", name == folder ? "." : "");
}

/* A file without a name in the target's folder: where its process is killed, it
   is gone. -1 where the system has none, or could not name it later. */
static int create_unnamed(const char *target)
{
#ifdef O_TMPFILE
    char folder[PATH_MAX];
    folder_of(folder, target);
    if (access("/proc/self/fd", X_OK) == 0)
        return open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
#else
    (void)target;
#endif
    return -1;
}

/* Gives the file of fd, or a new one where fd is -1, a name beside the target;
   returns it, or -1. */
static int name_beside(pg_output *out, int fd)
{
    enum { ATTEMPTS = 100 };
    char text[PATH_MAX + 64], open_file[64];
    int named = -1;
    snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", fd);
    errno = EEXIST;
    for (int i = 0; i < ATTEMPTS && named < 0 && errno == EEXIST; i++) {
        snprintf(text, sizeof text, "%s.%ld-%d.tmp", out->target,
                 (long)getpid(), i);
        if (fd < 0)
            named = open(text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        else if (linkat(AT_FDCWD, open_file, AT_FDCWD, text,
                        AT_SYMLINK_FOLLOW) == 0)
            named = fd;
    }
    if (named < 0)
        return -1;
    out->temporary = copy_path(text);
    if (out->temporary)
        return named;
    unlink(text);
    if (fd < 0)
        close(named);
    errno = ENOMEM;
    return -1;
}

static pg_status open_temporary(pg_output *out, pg_error *err)
{
    struct stat old;
    int fd = create_unnamed(out->target);
    if (fd < 0)
        fd = name_beside(out, -1);
    if (fd < 0)
        return pg_fail_system(err, out->target);
    out->file = fdopen(fd, "wb");
    if (!out->file) {
        close(fd);
        return pg_fail_memory(err, sizeof *out->file);
    }
    /* Where modes cannot be set, the file is as good without. */
    if (stat(out->target, &old) == 0)
        fchmod(fd, old.st_mode & 0777);
    return PG_OK;
}

pg_status pg_output_open(pg_output *out, const char *path, pg_error *err)
{
    memset(out, 0, sizeof *out);
    pg_status status = set_target(out, path, err);
    if (status == PG_OK)
        status = check_target(out->target, err);
    if (status == PG_OK)
        status = open_temporary(out, err);
    if (status != PG_OK)
        pg_output_discard(out);
    return status;
}

/* --- writing -------------------------------------------------------------- */

/* PART is written before it is asked whether to go on. What has got no further
   than the system's memory is bounded: else the end, which waits until all of
   it is on the disk and is not given up, would take long. */
enum { PART = 1 << 20, WAITING = 1 << 25 };

static bool start_writing(pg_output *out)
{
#ifdef SYNC_FILE_RANGE_WRITE
    if (out->bytes - out->started < WAITING / 2)
        return true;
    int fd = fileno(out->file);
    off_t from = (off_t)out->started, behind = from - WAITING / 2;
    if (fflush(out->file) != 0)
        return false; /* stdio has dropped what it held */
    sync_file_range(fd, from, 0, SYNC_FILE_RANGE_WRITE);
    if (behind >= 0)
        sync_file_range(fd, behind, WAITING / 2,
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                            SYNC_FILE_RANGE_WAIT_AFTER);
    out->started = out->bytes;
#else
    (void)out;
#endif
    return true;
}

pg_status pg_output_write(pg_output *out, const void *data, size_t n,
                          pg_error *err)
{
    size_t end;
    for (size_t i = 0; pg_next_stretch(&end, i, n, PART); i = end) {
        if (fwrite((const char *)data + i, 1, end - i, out->file) != end - i)
            return pg_fail_system(err, out->target);
        out->bytes += end - i;
        if (!start_writing(out))
            return pg_fail_system(err, out->target);
    }
    return pg_check_interrupt(err);
}

pg_status pg_output_patch(pg_output *out, size_t at, const void *data, size_t n,
                          pg_error *err)
{
    if (fseeko(out->file, (off_t)at, SEEK_SET) != 0 ||
        fwrite(data, 1, n, out->file) != n ||
        fseeko(out->file, 0, SEEK_END) != 0)
        return pg_fail_system(err, out->target);
    return PG_OK;
}

/* --- ending --------------------------------------------------------------- */

/* A rename is only on the disk when its folder is; a folder that cannot be
   opened has it there sooner or later. */
static void sync_folder(const char *target)
{
    char folder[PATH_MAX];
    folder_of(folder, target);
    int fd = open(folder, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* Closes the file, which has a name then; false, with the first reason in
   errno, if it did not all reach the disk. */
static bool close_synced(pg_output *out)
{
    FILE *file = out->file;
    out->file = NULL;
    bool written = fflush(file) == 0 && fsync(fileno(file)) == 0 &&
                   (out->temporary || name_beside(out, fileno(file)) >= 0);
    int error = errno;
    bool closed = fclose(file) == 0;
    if (!written)
        errno = error;
    return written && closed;
}

pg_status pg_output_commit(pg_output *out, pg_error *err)
{
    pg_status status = PG_OK;
    if (!close_synced(out) || rename(out->temporary, out->target) != 0) {
        status = pg_fail_system(err, out->target);
    } else {
        sync_folder(out->target);
        free_path(out->temporary); /* it is the target now */
        out->temporary = NULL;
    }
    pg_output_discard(out);
    return status;
}

void pg_output_discard(pg_output *out)
{
    if (out->file)
        fclose(out->file);
    if (out->temporary)
        unlink(out->temporary);
    free_path(out->temporary);
    free_path(out->target);
    memset(out, 0, sizeof *out);
}

pg_status pg_output_save(const char *path, const void *data, size_t n,
                         pg_error *err)
{
    pg_output out;
    pg_status status = pg_output_open(&out, path, err);
    if (status != PG_OK)
        return status;
    status = pg_output_write(&out, data, n, err);
    if (status == PG_OK)
        return pg_output_commit(&out, err);
    pg_output_discard(&out);
    return status;
}
