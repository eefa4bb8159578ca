/*
 * process.h -- what belongs to the process and not to an array: Ctrl-C's
 * signal, its output, its terminal, the folders that it works in, and its end.
 */
#ifndef PG_PROCESS_H
#define PG_PROCESS_H

#include "base/status.h"

/* Has the signals SIGINT counted, in front of the handler that there is, until
   pg_sigint_unwatch has been called as often. Without a handler nothing is
   counted: the signal ends the process. Must end before this code is unloaded.
 */
void pg_sigint_watch(void);
void pg_sigint_unwatch(void);
uint64_t pg_sigint_count(void);

/* Keeps the handler that there is, and puts it back: libuv leaves none. */
void pg_sigint_keep(void);
void pg_sigint_put_back(void);

/* Has standard output and error lead to nowhere, and back. Calls nest. */
void pg_output_silence(void);
void pg_output_restore(void);

/* The size in characters of the terminal that a descriptor is; false where it
   is none, or does not tell. */
bool pg_terminal_size(int fd, int *width, int *height);

/* A folder is locked for one process or shared by several; a file, which is
   made if need be, for one. */
typedef enum pg_lock_kind {
    PG_LOCK_FOLDER,
    PG_LOCK_SHARED,
    PG_LOCK_FILE
} pg_lock_kind;

/* *lock is for pg_lock_close, and the process's end does the same; -1 where
   another process has a lock, PG_NO_LOCK where the file system keeps none. */
enum { PG_NO_LOCK = -2 };
pg_status pg_lock_open(int *lock, const char *path, pg_lock_kind kind,
                       pg_error *err);
void pg_lock_close(int lock);

/* Prepares for an end of the process before pg_ending_cancel: the record is
   appended to the file, the message written to standard error, and the exit
   status is 1. Texts are copied. There may be several: the last one is first.
 */
typedef struct pg_ending pg_ending;
pg_status pg_ending_prepare(pg_ending **out, const char *path,
                            const char *record, const char *message,
                            pg_error *err);
void pg_ending_cancel(pg_ending *ending);

#endif
