/*
 * process.h -- what a process has once: Ctrl-C's signal, its standard output,
 * its terminal, locks of folders, and its exit.
 */
#ifndef PG_PROCESS_H
#define PG_PROCESS_H

#include "base/status.h"

/* Counts SIGINT signals, before the handler that is set, until as many calls of
   pg_sigint_unwatch, which must come before this code is unloaded. Without a
   handler nothing is counted: the signal ends the process. */
void pg_sigint_watch(void);
void pg_sigint_unwatch(void);
uint64_t pg_sigint_count(void);

/* Saves the handler that is set, and sets it again: libuv removes it. */
void pg_sigint_save(void);
void pg_sigint_restore(void);

/* Directs standard output and error to the null device, and back. Calls nest.
 */
void pg_stdout_silence(void);
void pg_stdout_restore(void);

/* The size of a terminal in characters; false if the descriptor is none, or its
   size is unknown. */
bool pg_terminal_size(int fd, int *width, int *height);

/* An exclusive lock of a folder, a shared one, or an exclusive one of a file,
   which is created if need be. */
typedef enum pg_lock_kind {
    PG_LOCK_FOLDER,
    PG_LOCK_SHARED,
    PG_LOCK_FILE
} pg_lock_kind;

/* *lock is for pg_lock_close; the process's end closes it, too. -1 if another
   process holds a lock, PG_NO_LOCK if the file system has no locks. */
enum { PG_NO_LOCK = -2 };
pg_status pg_lock_open(int *lock, const char *path, pg_lock_kind kind,
                       pg_error *err);
void pg_lock_close(int lock);

/* A record of an exit before pg_exit_record_free: the exit then appends the
   record to the file, writes the message to standard error, and has status 1.
   Texts are copied. Of several the last one is first. */
typedef struct pg_exit_record pg_exit_record;
pg_status pg_exit_record_new(pg_exit_record **out, const char *path,
                             const char *record, const char *message,
                             pg_error *err);
void pg_exit_record_free(pg_exit_record *exit_record);

#endif
