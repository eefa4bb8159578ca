/*
 * available.h -- how much memory the system can still give.
 *
 * Linux promises more than it has, and kills who takes it at its word.
 */
#ifndef PG_AVAILABLE_H
#define PG_AVAILABLE_H

#include <stddef.h>

/* The bytes that can be had without the system's running out of them, or of
   what the control groups of this process allow, swap included, but for a
   reserve. SIZE_MAX where there is no /proc that says so. Nothing is allocated
   to find out; it takes some ten microseconds. */
size_t pg_available(void);

/* The bytes of memory that this process occupies; 0 where nobody says so. */
size_t pg_resident(void);

/* Has the C library give back to the system what was freed. */
void pg_give_back_freed(void);

#endif
