/*
 * join.h -- several arrays joined along an axis, into a new array of the
 * promoted dtype.
 */
#ifndef PG_JOIN_H
#define PG_JOIN_H

#include "array/array.h"

/* The arrays one after the other along an axis. PG_ESHAPE if their other
   lengths differ; PG_EARG for no arrays, or an axis that they do not have. */
pg_status pg_concat(pg_array *out, const pg_array *const *arrays, size_t count,
                    int axis, pg_error *err);

/* The arrays one below the other, a vector as one row; or one beside the other,
   along the second axis, or the first of vectors. As pg_concat. */
pg_status pg_vstack(pg_array *out, const pg_array *const *arrays, size_t count,
                    pg_error *err);
pg_status pg_hstack(pg_array *out, const pg_array *const *arrays, size_t count,
                    pg_error *err);

/* The arrays along a new axis: all must have one shape, else PG_ESHAPE. PG_EARG
   as above. */
pg_status pg_stack(pg_array *out, const pg_array *const *arrays, size_t count,
                   int axis, pg_error *err);

#endif
