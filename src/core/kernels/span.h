/*
 * span.h -- pixels of a row or a column.
 */
#ifndef PG_SPAN_H
#define PG_SPAN_H

#include <stddef.h>

/* first .. end - 1 */
typedef struct pg_span {
    size_t first, end;
} pg_span;

#endif
