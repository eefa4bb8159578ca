/*
 * system_memory.h -- the memory that the system can still give.
 *
 * Linux promises more memory than it has, and kills a process that uses it.
 */
#ifndef PG_SYSTEM_MEMORY_H
#define PG_SYSTEM_MEMORY_H

#include <stddef.h>

/* Bytes that this process can use before the system, or a control group around
   it, runs out; with swap, less a reserve. SIZE_MAX if there is no /proc to
   read them from. Allocates nothing; takes some ten microseconds. */
size_t pg_system_memory_available(void);

/* Bytes that this process occupies, without those of files that are mapped,
   which the system can drop; 0 if unknown. */
size_t pg_system_memory_resident(void);

/* Returns memory that the C library has freed to the system. */
void pg_system_memory_trim(void);

#endif
