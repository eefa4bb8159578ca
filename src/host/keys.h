/*
 * keys.h -- the bytes that readline reads from a terminal.
 */
#ifndef PG_HOST_KEYS_H
#define PG_HOST_KEYS_H

#include <stdbool.h>
#include <stdio.h>

/* Begins a line: forgets an earlier Ctrl-C and an earlier paste. */
void host_keys_begin(void);

/* readline's getc_function: the next byte of the terminal, or EOF. */
int host_keys_next(FILE *file);

/* True if Ctrl-C has discarded the line. */
bool host_keys_discarded(void);

#endif
