/*
 * iterate.h -- walks several arrays of one shape together, element by element.
 *
 * Axes are merged where strides allow it, so that the inner loops are long, and
 * large walks are shared out among the threads.
 */
#ifndef PG_ITERATE_H
#define PG_ITERATE_H

#include "array/array.h"

enum { PG_MAXOPERANDS = 4 };

/* Does n elements: operand k's are at pointers[k], strides[k] bytes apart.
   Called from several threads at once. */
typedef void (*pg_inner)(char *const *pointers, const ptrdiff_t *strides,
                         size_t n, void *context);

/* Calls inner over all elements of 1 to PG_MAXOPERANDS arrays of the same
   shape, in no promised order. */
void pg_iterate(const pg_array *const *operands, int count, pg_inner inner,
                void *context);

#endif
