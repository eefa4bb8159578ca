/* cumsum.h -- running sums. */
#ifndef PG_CUMSUM_H
#define PG_CUMSUM_H

#include "array/array.h"

/* A new array of a's shape: each element is the sum of those up to it along an
   axis (from 0), added one after the other, floats in float64. They keep their
   dtype; bool and signed integers give int64, unsigned uint64. */
pg_status pg_cumsum(pg_array *out, const pg_array *a, int axis, pg_error *err);

#endif
