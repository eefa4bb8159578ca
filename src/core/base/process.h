/*
 * process.h -- state that belongs to the whole process: SIGINT, standard
 * output, the terminal, locks of folders and files, and records of an early
 * exit.
 */
#ifndef PG_PROCESS_H
#define PG_PROCESS_H

#include "base/status.h"

/* Counts SIGINT signals before they reach the handler that is set, until as
   many calls of pg_sigint_unwatch. Without a handler nothing is counted: the
   signal ends the process. This code may not be unloaded while signals are
   watched. */
void pg_sigint_watch(void);
void pg_sigint_unwatch(void);

/* The number of signals so far. */
uint64_t pg_sigint_count(void);

/* Saves the handler that is set, and sets it again: libuv removes handlers. */
void pg_sigint_save(void);
void pg_sigint_restore(void);

/* Directs standard output and error to the null device, and back. Nests. */
void pg_stdout_silence(void);
void pg_stdout_restore(void);

/* Directs standard output to the null device, until it is shown again. */
void pg_stdout_show(bool is_shown);

/* The size of a terminal in characters; false if the descriptor is no terminal,
   or its size is unknown. */
bool pg_terminal_size(int *width, int *height, int fd);

typedef enum pg_lock_kind {
    PG_LOCK_FOLDER, /* exclusive, of a folder */
    PG_LOCK_SHARED, /* shared, of a folder */
    PG_LOCK_FILE    /* exclusive, of a file, which is created if missing */
} pg_lock_kind;

/* *lock = a lock for pg_lock_close; -1 if another process holds one that
   excludes it, PG_NO_LOCK if the file system has no locks. It ends with the
   process, too. PG_EIO if path cannot be opened. */
enum { PG_NO_LOCK = -2 };
pg_status pg_lock_open(int *lock, const char *path, pg_lock_kind kind,
                       pg_error *err);
void pg_lock_close(int lock);

/* Registers the record of an early exit: an exit before pg_exit_record_free
   appends `record` to the file at path, writes the message to standard error,
   and has status 1. Of several records the latest is written first. Texts are
   copied. */
typedef struct pg_exit_record pg_exit_record;
pg_status pg_exit_record_new(pg_exit_record **out, const char *path,
                             const char *record, const char *message,
                             pg_error *err);
void pg_exit_record_free(pg_exit_record *exit_record);

/* Has f end the process, and others with it, after such an exit. */
void pg_exit_by(void (*f)(int status));

#endif
