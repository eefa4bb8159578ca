/*
 * descriptors.h -- standard input, output and error that are closed when the
 * process starts.
 *
 * The next files opened get their numbers: a file that is saved would receive
 * the text that is printed, and libuv aborts when it closes one of them. As
 * glibc does for setuid programs, the null device takes their place, opened the
 * wrong way: reading and writing fail with EBADF, as they would.
 */
#ifndef PG_DESCRIPTORS_H
#define PG_DESCRIPTORS_H

#include <fcntl.h>
#include <unistd.h>

static inline void pg_hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) != -1)
            continue;
        int opened =
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (opened != fd && opened != -1)
            close(opened); /* another thread was faster */
    }
}

#endif
