#define _GNU_SOURCE /* for O_TMPFILE */

#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/interrupt.h"
#include "base/memory.h"

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
        return errno == ENOENT ? PG_OK : pg_fail_system(err, target);
    if (S_ISDIR(old.st_mode))
        return pg_fail(err, PG_EIO, "%.600s: it is a directory", target);
    if (!S_ISREG(old.st_mode))
        return pg_fail(err, PG_EIO, "%.600s: it is not a regular file", target);
    return access(target, W_OK) == 0 ? PG_OK : pg_fail_system(err, target);
}

/* Opens the target's folder: its path up to the last slash, or ".". A folder
   that may not be listed can still be written to. */
static pg_status open_folder(pg_output *out, pg_error *err)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", out->target);
    char *name = name_in(folder);
    snprintf(name, 2, "%s", name == folder ? "." : "");
    out->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
#ifdef O_PATH
    if (out->folder < 0 && errno == EACCES)
        out->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
#endif
    return out->folder < 0 ? pg_fail_system(err, out->target) : PG_OK;
}

/* A file without a name in the target's folder: where its process is killed, it
   is gone. -1 where the system has none, or could not name it later. Its lock,
   as that of a file with a name, lasts as long as the process works on it. */
static int create_unnamed(const pg_output *out)
{
#ifdef O_TMPFILE
    if (access("/proc/self/fd", X_OK) == 0) {
        int fd =
            openat(out->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
        if (fd >= 0)
            flock(fd, LOCK_EX | LOCK_NB);
        return fd;
    }
#else
    (void)out;
#endif
    return -1;
}

/* The bytes of a name in the target's folder. */
static size_t longest_name(const pg_output *out)
{
    enum { LEAST = 64 };
    long most = fpathconf(out->folder, _PC_NAME_MAX);
    return most < LEAST || most > NAME_MAX ? NAME_MAX : (size_t)most;
}

/* The i-th temporary name: the target's with a suffix, or as much of it as fits
   into a name with a checksum, cut between the characters of UTF-8. */
static void set_temporary(pg_output *out, int i)
{
    enum { SUFFIX_BYTES = sizeof ".perigee-99.tmp" - 1, SUM_BYTES = 9 };
    const char *name = name_in(out->target);
    char sum[SUM_BYTES + 1] = "";
    size_t n = strlen(name), most = longest_name(out) - SUFFIX_BYTES;
    if (n > most) {
        uLong crc = crc32_z(0, (const unsigned char *)name, n);
        snprintf(sum, sizeof sum, "~%08lx", crc & 0xffffffffUL);
        n = most - SUM_BYTES;
        while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
            n--;
    }
    snprintf(out->temporary, sizeof out->temporary, "%.*s%s.perigee-%d.tmp",
             (int)n, name, sum, i);
}

static bool has_name(const pg_output *out, int fd)
{
    struct stat file, named;
    return fstat(fd, &file) == 0 &&
           fstatat(out->folder, out->temporary, &named, AT_SYMLINK_NOFOLLOW) ==
               0 &&
           file.st_dev == named.st_dev && file.st_ino == named.st_ino;
}

/* Removes the file of the temporary name if nobody works on it any more: it can
   be locked, and has the name while it is. Who works on a file holds its lock
   from before the file has a name, or looks afterwards whether it still has. */
static bool remove_dead(const pg_output *out)
{
    int fd = openat(out->folder, out->temporary,
                    O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct stat info;
    bool removed = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
                   flock(fd, LOCK_EX | LOCK_NB) == 0 && has_name(out, fd) &&
                   unlinkat(out->folder, out->temporary, 0) == 0;
    close(fd);
    return removed;
}

/* A new file of the temporary name, locked where the system has locks; -1 with
   EEXIST where another process has it. */
static int create_named(const pg_output *out)
{
    int fd = openat(out->folder, out->temporary,
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return -1;
    if ((flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
        has_name(out, fd))
        return fd;
    close(fd);
    errno = EEXIST;
    return -1;
}

/* Gives the file of fd, or a new one where fd is -1, a name beside the target;
   returns it, or -1. */
static int name_once(const pg_output *out, int fd)
{
    char open_file[64];
    if (fd < 0)
        return create_named(out);
    snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, open_file, out->folder, out->temporary,
                  AT_SYMLINK_FOLLOW) == 0
               ? fd
               : -1;
}

/* Removes what dead processes have left at the names behind the i-th. */
static void remove_dead_behind(pg_output *out, int i)
{
    int next = i;
    do
        set_temporary(out, ++next);
    while (remove_dead(out));
    set_temporary(out, i);
}

/* The same by the first name that is free, or that a dead process has left. */
static int name_beside(pg_output *out, int fd)
{
    enum { NAMES = 99 };
    int error = EEXIST;
    for (int i = 0; i < NAMES && error == EEXIST; i++) {
        set_temporary(out, i);
        int named = name_once(out, fd);
        error = errno;
        if (named < 0 && error == EEXIST && remove_dead(out)) {
            named = name_once(out, fd);
            error = errno;
        }
        if (named >= 0) {
            remove_dead_behind(out, i);
            return named;
        }
    }
    out->temporary[0] = '\0';
    errno = error;
    return -1;
}

/* Owner, group and mode of a file that is replaced, but for the bits by which a
   program runs as its owner. Where they cannot be set, the file is as good
   without. */
static void inherit(const pg_output *out, int fd)
{
    struct stat old;
    if (stat(out->target, &old) != 0)
        return;
    bool owned = fchown(fd, old.st_uid, old.st_gid) == 0 ||
                 fchown(fd, (uid_t)-1, old.st_gid) == 0;
    (void)owned;
    fchmod(fd, old.st_mode & 0777);
}

static pg_status open_temporary(pg_output *out, pg_error *err)
{
    int fd = create_unnamed(out);
    if (fd < 0)
        fd = name_beside(out, -1);
    if (fd < 0)
        return pg_fail_system(err, out->target);
    out->file = fdopen(fd, "wb");
    if (!out->file) {
        close(fd);
        return pg_fail_memory(err, sizeof *out->file);
    }
    inherit(out, fd);
    return PG_OK;
}

pg_status pg_output_open(pg_output *out, const char *path, pg_error *err)
{
    *out = (pg_output){.folder = -1};
    pg_status status = set_target(out, path, err);
    if (status == PG_OK)
        status = check_target(out->target, err);
    if (status == PG_OK)
        status = open_folder(out, err);
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
    for (size_t i = 0; pg_next_chunk(&end, i, n, PART); i = end) {
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

/* Gives the file its place while its lock is held; false, with the reason in
   errno, if it did not all reach the disk before. A rename is only on the disk
   when its folder is; a folder that cannot be opened has it there sooner or
   later. */
static bool put_in_place(pg_output *out)
{
    int fd = fileno(out->file);
    if (fflush(out->file) != 0 || fsync(fd) != 0 ||
        (!out->temporary[0] && name_beside(out, fd) < 0) ||
        renameat(out->folder, out->temporary, out->folder,
                 name_in(out->target)) != 0)
        return false;
    out->temporary[0] = '\0'; /* it is the target now */
    fsync(out->folder);
    return true;
}

pg_status pg_output_commit(pg_output *out, pg_error *err)
{
    pg_status status =
        put_in_place(out) ? PG_OK : pg_fail_system(err, out->target);
    pg_output_discard(out);
    return status;
}

void pg_output_discard(pg_output *out)
{
    if (out->temporary[0])
        unlinkat(out->folder, out->temporary, 0);
    if (out->file)
        fclose(out->file);
    if (out->target && out->folder >= 0)
        close(out->folder);
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
