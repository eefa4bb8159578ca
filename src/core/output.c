#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime.h"

static pg_status fail_system(pg_error *err, const char *path)
{
    return pg_fail(err, PG_EIO, "%.600s: %s", path, strerror(errno));
}

/* --- paths
 * ----------------------------------------------------------------------- */

static const char SUFFIX[] = ".XXXXXX";

static void free_path(char *path)
{
    if (path)
        pg_free(path, strlen(path) + 1);
}

static char *copy_path(const char *path, const char *suffix)
{
    size_t n = strlen(path), total = n + strlen(suffix) + 1;
    char *copy = pg_malloc(total);
    if (copy) {
        memcpy(copy, path, n);
        memcpy(copy + n, suffix, total - n);
    }
    return copy;
}

/* Where the path leads, if there is something, so that a link stays a link. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL);
    char *target = copy_path(real ? real : path, "");
    free(real);
    return target;
}

/* --- writing
 * --------------------------------------------------------------------- */

/* mkstemp makes a file for its owner alone; this gives it the mode that fopen
   would have, or that of the file it replaces. */
static void set_mode(int fd, const char *target)
{
    struct stat old;
    mode_t mask = umask(0);
    umask(mask);
    mode_t mode = stat(target, &old) == 0 ? old.st_mode & 0777 : 0666 & ~mask;
    if (fchmod(fd, mode) != 0)
        return; /* a file system without modes: the file is good without */
}

static pg_status check_target(const char *target, pg_error *err)
{
    struct stat old;
    if (stat(target, &old) != 0 || S_ISREG(old.st_mode))
        return PG_OK;
    if (S_ISDIR(old.st_mode))
        return pg_fail(err, PG_EIO, "%.600s: it is a directory", target);
    return pg_fail(err, PG_EIO, "%.600s: it is not a regular file", target);
}

static pg_status open_temporary(pg_output *out, pg_error *err)
{
    pg_status status = check_target(out->target, err);
    if (status != PG_OK)
        return status;
    int fd = mkstemp(out->temporary);
    if (fd < 0) {
        out->temporary[0] = '\0'; /* there is nothing to remove */
        return fail_system(err, out->target);
    }
    set_mode(fd, out->target);
    out->file = fdopen(fd, "wb");
    if (out->file)
        return PG_OK;
    status = fail_system(err, out->target);
    close(fd);
    return status;
}

pg_status pg_output_open(pg_output *out, const char *path, pg_error *err)
{
    memset(out, 0, sizeof *out);
    out->target = resolve(path);
    if (out->target)
        out->temporary = copy_path(out->target, SUFFIX);
    pg_status status = out->temporary
                           ? open_temporary(out, err)
                           : pg_fail_memory(err, strlen(path) + sizeof SUFFIX);
    if (status != PG_OK)
        pg_output_discard(out);
    return status;
}

pg_status pg_output_write(pg_output *out, const void *data, size_t n,
                          pg_error *err)
{
    if (n > 0 && fwrite(data, 1, n, out->file) != n)
        return fail_system(err, out->target);
    out->bytes += n;
    return PG_OK;
}

pg_status pg_output_patch(pg_output *out, size_t at, const void *data, size_t n,
                          pg_error *err)
{
    if (fseeko(out->file, (off_t)at, SEEK_SET) != 0 ||
        fwrite(data, 1, n, out->file) != n ||
        fseeko(out->file, 0, SEEK_END) != 0)
        return fail_system(err, out->target);
    return PG_OK;
}

/* A rename is only on the disk when its folder is. */
static void sync_folder(const char *target)
{
    char *folder = copy_path(target, "");
    char *slash = folder ? strrchr(folder, '/') : NULL;
    size_t size = folder ? strlen(folder) + 1 : 0;
    if (slash)
        slash[slash == folder] = '\0';
    int fd = folder ? open(slash ? folder : ".", O_RDONLY) : -1;
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    pg_free(folder, size);
}

pg_status pg_output_commit(pg_output *out, pg_error *err)
{
    FILE *file = out->file;
    bool written = fflush(file) == 0 && fsync(fileno(file)) == 0;
    int error = errno;
    out->file = NULL;
    if (fclose(file) != 0 && written) {
        written = false;
        error = errno;
    }
    errno = error;
    if (!written || rename(out->temporary, out->target) != 0) {
        pg_status status = fail_system(err, out->target);
        pg_output_discard(out);
        return status;
    }
    sync_folder(out->target);
    out->temporary[0] = '\0'; /* it is the target now */
    pg_output_discard(out);
    return PG_OK;
}

/* An emptied temporary path means that there is no such file. */
void pg_output_discard(pg_output *out)
{
    if (out->file)
        fclose(out->file);
    if (out->temporary) {
        if (out->temporary[0])
            unlink(out->temporary);
        pg_free(out->temporary, strlen(out->target) + sizeof SUFFIX);
    }
    free_path(out->target);
    memset(out, 0, sizeof *out);
}
