/*
 * history.h -- the file of chunks that were entered at prompts.
 */
#ifndef PG_HOST_HISTORY_H
#define PG_HOST_HISTORY_H

/* Reads the file, and adds each chunk to the editor's history. */
void host_history_open(void);

/* Appends a chunk to the file, at once. */
void host_history_add(const char *chunk);

#endif
