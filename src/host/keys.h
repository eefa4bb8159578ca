/*
 * keys.h -- the bytes that readline reads of a terminal.
 */
#ifndef PG_HOST_KEYS_H
#define PG_HOST_KEYS_H

#include <stdbool.h>
#include <stdio.h>

/* Begins a line: forgets Ctrl-C and pastes from before. */
void host_keys_begin(void);

/* The next byte, or EOF: readline's getc_function. */
int host_keys_next(FILE *file);

/* True if Ctrl-C has discarded the line. */
bool host_keys_discarded(void);

#endif
