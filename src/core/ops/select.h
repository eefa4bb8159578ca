/*
 * select.h -- rows picked by a mask or by a list of positions: read and
 * written.
 *
 * A mask (bool) has the lengths of a's first axes; what it picks are the parts
 * of a behind those. Positions are integers, from 1 or from -1 at the end.
 */
#ifndef PG_SELECT_H
#define PG_SELECT_H

#include "array/array.h"

/* The elements at these positions (of any shape) along an axis (from 0): a new
   array. PG_EINDEX names the first position beyond the ends. */
pg_status pg_take(pg_array *out, const pg_array *a, const pg_array *positions,
                  int axis, pg_error *err);

/* The picked parts, in row-major order: a new array, whose first axis is as
   long as the mask has true elements. PG_ESHAPE where the mask does not fit. */
pg_status pg_masked(pg_array *out, const pg_array *a, const pg_array *mask,
                    pg_error *err);

/* a[mask] = value, which broadcasts to what pg_masked gives, and is cast. */
pg_status pg_assign_masked(const pg_array *a, const pg_array *mask,
                           const pg_array *value, pg_error *err);

/* a[positions] = value along the first axis; where a position comes twice, the
   later value stays. */
pg_status pg_assign_taken(const pg_array *a, const pg_array *positions,
                          const pg_array *value, pg_error *err);

#endif
