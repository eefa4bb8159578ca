/*
 * process.h -- what belongs to the process and not to an array: Ctrl-C's
 * signal, its standard output, the folders that it works in, and its end.
 */
#ifndef PG_PROCESS_H
#define PG_PROCESS_H

#include "perigee.h"

/* Counts the signals SIGINT from now on, in front of the handler that there is.
   Without a handler, nothing is counted: the signal ends the process. Ends with
   pg_sigint_unwatch, at the latest before this code is unloaded. */
void pg_sigint_watch(void);
void pg_sigint_unwatch(void);
uint64_t pg_sigint_count(void);

/* Keeps the handler that there is, and puts it back: libuv leaves none. */
void pg_sigint_keep(void);
void pg_sigint_put_back(void);

/* Has standard output and error lead to nowhere, and back. Calls nest. */
void pg_output_silence(void);
void pg_output_restore(void);

/* Locks a folder, or a file that is made if need be: with nobody else's lock on
   it (is_shared: with no exclusive one). *lock is -1 where another process has
   one, and PG_NO_LOCK where the file system keeps none. The lock goes with the
   process. */
enum { PG_NO_LOCK = -2 };
pg_status pg_lock_open(int *lock, const char *path, bool is_shared,
                       pg_error *err);
void pg_lock_close(int lock);

/* What is to be done if the process comes to its end before pg_exit_cancel:
   the record is appended to the file, the message is written to standard error,
   and the exit status is 1. Texts are copied. */
pg_status pg_exit_prepare(const char *path, const char *record,
                          const char *message, pg_error *err);
void pg_exit_cancel(void);

#endif
