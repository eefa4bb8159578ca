/*
 * iterate.h -- iteration over several arrays of one shape together.
 *
 * Axes are merged if strides allow it, so that inner loops are long. Threads
 * share large iterations.
 */
#ifndef PG_ITERATE_H
#define PG_ITERATE_H

#include "array/array.h"

enum { PG_MAXOPERANDS = 4 };

/* Processes n elements: operand k's begin at pointers[k], strides[k] bytes
   apart. Called from several threads at once. */
typedef void (*pg_inner)(char *const *pointers, const ptrdiff_t *strides,
                         size_t n, void *context);

/* Calls inner for all elements of 1 to PG_MAXOPERANDS arrays of the same shape,
   in any order. */
void pg_iterate(const pg_array *const *operands, int count, pg_inner inner,
                void *context);

#endif
