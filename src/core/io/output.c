/* Files that are written whole or not at all. */

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
#include "io/input.h"

enum { BUFFER = 1 << 16 }; /* bytes that are gathered before they are written */

/* --- paths ---------------------------------------------------------------- */

/* The name behind the last slash of a path. */
static char *name_in(char *path)
{
    char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Replaces the path of a symbolic link by that of the file at its end, which a
   rename has to replace, even one that does not exist yet: so a link stays a
   link. The system follows links among the folders on the way. */
static bool follow_links(char path[PATH_MAX])
{
    enum { MOST_LINKS = 40 };
    char link[PATH_MAX];
    for (int i = 0; i < MOST_LINKS; i++) {
        ssize_t n;
        PG_RETRY(n, readlink(path, link, sizeof link - 1));
        if (n < 0)
            return errno == EINVAL || errno == ENOENT; /* no link, no file */
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

static pg_status set_path(pg_output *out, const char *path, pg_error *err)
{
    char resolved[PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof resolved) {
        errno = ENAMETOOLONG;
        return pg_fail_call(err, path);
    }
    memcpy(resolved, path, n + 1);
    if (!follow_links(resolved))
        return pg_fail_call(err, path);
    size_t bytes = strlen(resolved) + 1;
    out->path = pg_malloc(bytes);
    if (!out->path)
        return pg_fail_memory(err, bytes);
    memcpy(out->path, resolved, bytes);
    return PG_OK;
}

/* --- beginning ------------------------------------------------------------ */

/* Refuses a file that a rename would replace although a write could not. */
static pg_status check_replaced(const char *path, pg_error *err)
{
    struct stat old;
    int result;
    PG_RETRY(result, stat(path, &old));
    if (result != 0)
        return errno == ENOENT ? PG_OK : pg_fail_call(err, path);
    pg_status status = pg_input_check_regular(old.st_mode, path, err);
    if (status != PG_OK)
        return status;
    PG_RETRY(result, access(path, W_OK));
    return result == 0 ? PG_OK : pg_fail_call(err, path);
}

/* Opens the folder of the path: the part up to the last slash, or ".". A folder
   that may not be listed can still be written to. */
static pg_status open_folder(pg_output *out, pg_error *err)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", out->path);
    char *name = name_in(folder);
    snprintf(name, 2, "%s", name == folder ? "." : "");
    PG_RETRY(out->folder, open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
#ifdef O_PATH
    if (out->folder < 0 && errno == EACCES)
        PG_RETRY(out->folder, open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC));
#endif
    return out->folder < 0 ? pg_fail_call(err, out->path) : PG_OK;
}

/* Opens a file without a name in the folder, locked as a file with a name is:
   it disappears if its process is killed. -1 if the system has no such files,
   or could not name it later. */
static int create_unnamed(const pg_output *out)
{
#ifdef O_TMPFILE
    if (access("/proc/self/fd", X_OK) == 0) {
        int fd;
        PG_RETRY(fd, openat(out->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC,
                            0666));
        if (fd >= 0)
            flock(fd, LOCK_EX | LOCK_NB);
        return fd;
    }
#else
    (void)out;
#endif
    return -1;
}

/* Sets the i-th temporary name: the file's name and a suffix. A name that is
   too long for that is cut, between UTF-8 characters, and gets a checksum. */
static void set_temporary(pg_output *out, int i)
{
    enum { SUFFIX_BYTES = sizeof ".perigee-99.tmp" - 1, SUM_BYTES = 9 };
    enum { LEAST = 64 };
    const char *name = name_in(out->path);
    char sum[SUM_BYTES + 1] = "";
    long longest = fpathconf(out->folder, _PC_NAME_MAX);
    if (longest < LEAST || longest > NAME_MAX)
        longest = NAME_MAX;
    size_t n = strlen(name), most = (size_t)longest - SUFFIX_BYTES;
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

/* True if the temporary name is that of the file of fd. */
static bool has_name(const pg_output *out, int fd)
{
    struct stat file, named;
    return fstat(fd, &file) == 0 &&
           fstatat(out->folder, out->temporary, &named, AT_SYMLINK_NOFOLLOW) ==
               0 &&
           file.st_dev == named.st_dev && file.st_ino == named.st_ino;
}

/* Removes the file of the temporary name if its process has ended: then the
   file can be locked, and still has the name. A process locks its file before
   the file has a name, or checks afterwards that the file still has it. */
static bool remove_abandoned(const pg_output *out)
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

/* Creates a file of the temporary name, locked if the file system has locks; -1
   with EEXIST if another process has the name. */
static int create_named(const pg_output *out)
{
    int fd;
    PG_RETRY(fd, openat(out->folder, out->temporary,
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (fd < 0)
        return -1;
    if ((flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
        has_name(out, fd))
        return fd;
    close(fd);
    errno = EEXIST;
    return -1;
}

/* Gives the file of fd the temporary name, or creates one if fd is -1; returns
   the file, or -1. */
static int name_once(const pg_output *out, int fd)
{
    char open_file[64];
    if (fd < 0)
        return create_named(out);
    snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", fd);
    int result;
    PG_RETRY(result, linkat(AT_FDCWD, open_file, out->folder, out->temporary,
                            AT_SYMLINK_FOLLOW));
    return result == 0 ? fd : -1;
}

/* Calls name_once with the first temporary name that is free or abandoned, and
   removes the abandoned files of the names after it. */
static int name_beside(pg_output *out, int fd)
{
    enum { NAMES = 99 };
    int error = EEXIST;
    for (int i = 0; i < NAMES && error == EEXIST; i++) {
        set_temporary(out, i);
        int named = name_once(out, fd);
        error = errno;
        if (named < 0 && error == EEXIST && remove_abandoned(out)) {
            named = name_once(out, fd);
            error = errno;
        }
        if (named >= 0) {
            int next = i;
            do
                set_temporary(out, ++next);
            while (remove_abandoned(out));
            set_temporary(out, i);
            return named;
        }
    }
    out->temporary[0] = '\0';
    errno = error;
    return -1;
}

/* Copies owner, group and mode of the file that is replaced, without the bits
   setuid, setgid and sticky, as far as the system allows. Fails if others could
   read or write what they could not before. */
static pg_status inherit(const pg_output *out, pg_error *err)
{
    struct stat old, new;
    int result;
    PG_RETRY(result, stat(out->path, &old));
    if (result != 0)
        return errno == ENOENT ? PG_OK : pg_fail_call(err, out->path);
    PG_RETRY(result, fchown(out->file, old.st_uid, old.st_gid));
    if (result != 0)
        PG_RETRY(result, fchown(out->file, (uid_t)-1, old.st_gid));
    PG_RETRY(result, fchmod(out->file, old.st_mode & 0777));
    if (result == 0)
        return PG_OK;
    int error = errno;
    if (fstat(out->file, &new) == 0 && (new.st_mode & 0777 & ~old.st_mode) == 0)
        return PG_OK;
    errno = error;
    return pg_fail_call(err, out->path);
}

static pg_status open_temporary(pg_output *out, pg_error *err)
{
    out->buffer = pg_malloc(BUFFER);
    if (!out->buffer)
        return pg_fail_memory(err, BUFFER);
    out->file = create_unnamed(out);
    if (out->file < 0)
        out->file = name_beside(out, -1);
    return out->file < 0 ? pg_fail_call(err, out->path) : inherit(out, err);
}

pg_status pg_output_open(pg_output *out, const char *path, pg_error *err)
{
    *out = (pg_output){.folder = -1, .file = -1};
    pg_status status = set_path(out, path, err);
    if (status == PG_OK)
        status = check_replaced(out->path, err);
    if (status == PG_OK)
        status = open_folder(out, err);
    if (status == PG_OK)
        status = open_temporary(out, err);
    if (status != PG_OK)
        pg_output_discard(out);
    return status;
}

/* --- writing -------------------------------------------------------------- */

/* Writes poll for interrupts after each CHUNK. At most WAITING bytes stay in
   the system's memory: the end waits, without polling, until all are on the
   disk. */
enum { CHUNK = 1 << 20, WAITING = 1 << 25 };

/* Writes n bytes at the end of the file. The system may take fewer at a time.
 */
static pg_status write_file(const pg_output *out, const unsigned char *data,
                            size_t n, pg_error *err)
{
    while (n > 0) {
        ssize_t got;
        PG_RETRY(got, write(out->file, data, n));
        if (got < 0)
            return pg_fail_call(err, out->path);
        data += got;
        n -= (size_t)got;
    }
    return PG_OK;
}

static pg_status flush(pg_output *out, pg_error *err)
{
    size_t n = out->buffered;
    out->buffered = 0;
    return write_file(out, out->buffer, n, err);
}

/* Makes the system begin to write what it holds. */
static void start_writing(pg_output *out)
{
#ifdef SYNC_FILE_RANGE_WRITE
    uint64_t in_file = out->bytes - out->buffered;
    if (in_file - out->started < WAITING / 2)
        return;
    off_t from = (off_t)out->started, behind = from - WAITING / 2;
    sync_file_range(out->file, from, 0, SYNC_FILE_RANGE_WRITE);
    if (behind >= 0)
        sync_file_range(out->file, behind, WAITING / 2,
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                            SYNC_FILE_RANGE_WAIT_AFTER);
    out->started = in_file;
#else
    (void)out;
#endif
}

/* Appends a chunk: to the buffer, or to the file if the buffer has no room. */
static pg_status write_chunk(pg_output *out, const unsigned char *data,
                             size_t n, pg_error *err)
{
    pg_status status = PG_OK;
    if (n > BUFFER - out->buffered)
        status = flush(out, err);
    if (status == PG_OK && n >= BUFFER) {
        status = write_file(out, data, n, err);
    } else if (status == PG_OK) {
        memcpy(out->buffer + out->buffered, data, n);
        out->buffered += n;
    }
    out->bytes += n;
    if (status == PG_OK)
        start_writing(out);
    return status;
}

pg_status pg_output_write(pg_output *out, const void *data, size_t n,
                          pg_error *err)
{
    pg_assert(out->path);
    pg_status status = PG_OK;
    size_t end;
    for (size_t i = 0; status == PG_OK && pg_next_chunk(&end, i, n, CHUNK);
         i = end)
        status =
            write_chunk(out, (const unsigned char *)data + i, end - i, err);
    return pg_unless_interrupted(status, err);
}

pg_status pg_output_patch(pg_output *out, uint64_t at, const void *data,
                          size_t n, pg_error *err)
{
    pg_assert(at <= out->bytes && n <= out->bytes - at);
    const unsigned char *from = data;
    uint64_t in_file = out->bytes - out->buffered;
    if (at >= in_file) {
        memcpy(out->buffer + (at - in_file), data, n);
        return PG_OK;
    }
    pg_status status = at + n > in_file ? flush(out, err) : PG_OK;
    while (status == PG_OK && n > 0) {
        ssize_t got;
        PG_RETRY(got, pwrite(out->file, from, n, (off_t)at));
        if (got < 0)
            return pg_fail_call(err, out->path);
        from += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return status;
}

/* --- ending --------------------------------------------------------------- */

/* Renames the file, with its lock held, when all of it is on the disk. A file
   without a name gets a temporary one first, because linkat, which names it,
   replaces no file, and renameat does. The
   rename is on the disk when the folder is: at once, or later if the system
   cannot sync a folder. */
pg_status pg_output_commit(pg_output *out, pg_error *err)
{
    int result = 0;
    pg_status status = flush(out, err);
    if (status == PG_OK) {
        PG_RETRY(result, fsync(out->file));
        if (result == 0 && !out->temporary[0])
            result = name_beside(out, out->file) < 0 ? -1 : 0;
        if (result == 0)
            PG_RETRY(result, renameat(out->folder, out->temporary, out->folder,
                                      name_in(out->path)));
        status = result == 0 ? PG_OK : pg_fail_call(err, out->path);
    }
    if (status == PG_OK) {
        out->temporary[0] = '\0'; /* the file has its own name now */
        PG_RETRY(result, fsync(out->folder));
    }
    pg_output_discard(out);
    return status;
}

void pg_output_discard(pg_output *out)
{
    if (!out->path)
        return;
    if (out->temporary[0])
        unlinkat(out->folder, out->temporary, 0);
    if (out->file >= 0)
        close(out->file);
    if (out->folder >= 0)
        close(out->folder);
    pg_free(out->buffer, BUFFER);
    pg_free(out->path, strlen(out->path) + 1);
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
