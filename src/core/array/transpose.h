/* transpose.h -- copying a matrix whose columns lie in memory as rows. */
#ifndef PG_TRANSPOSE_H
#define PG_TRANSPOSE_H

#include "array/array.h"

/* Copies in to out, where that is what it takes: both of rank 2 and of one
   dtype, out dense by rows and in by columns. false: it is not. */
bool pg_transpose_copy(const pg_array *out, const pg_array *in);

#endif
