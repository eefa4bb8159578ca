/*
 * descriptors.h -- the standard descriptors, filled if the process starts with
 * one of them closed.
 *
 * The next file opened would get its number: a saved file would receive what is
 * printed, and libuv aborts when it closes one of these. The null device takes
 * its place, as glibc does it for setuid programs, opened for the opposite
 * access: reads and writes still fail with EBADF.
 *
 * The program and the module both need this, and do not link each other: so it
 * is one inline function.
 */
#ifndef PG_DESCRIPTORS_H
#define PG_DESCRIPTORS_H

#include <fcntl.h>
#include <unistd.h>

/* Opens the null device for each of descriptors 0 to 2 that is closed. */
static inline void pg_fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) != -1)
            continue;
        int opened =
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (opened != fd && opened != -1)
            close(opened); /* another thread filled it */
    }
}

#endif
