/*
 * order.h -- order statistics of a row: the element of a rank in ascending
 * order, without sorting all of it.
 */
#ifndef PG_ORDER_H
#define PG_ORDER_H

#include "array/dtype.h"

/* A row whose order statistics are asked for. The caller sets the first group
   of fields, and keeps the elements alive. */
typedef struct pg_order {
    const void *elements; /* dense */
    pg_dtype dtype;
    size_t n;    /* 1 or more */
    int threads; /* at most */
    bool sorts;  /* sort at once, since many ranks are asked for */

    void *scratch;  /* n elements */
    bool is_copied; /* scratch has the elements, in some order */
    bool is_sorted; /* and in ascending order, NaN last */
} pg_order;

/* false: no memory. After true, pg_order_end must follow. */
bool pg_order_begin(pg_order *order);
void pg_order_end(pg_order *order);

/* pair = the elements of the ranks (from 0) lower and upper, which is lower or
   lower + 1, in float64; NaN if there is one in the row. false: no memory. It
   polls for interrupts. */
bool pg_order_pair(double pair[2], pg_order *order, size_t lower, size_t upper);

#endif
