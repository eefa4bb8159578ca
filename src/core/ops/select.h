/*
 * select.h -- parts of an array selected by a mask or by positions: read and
 * written.
 *
 * A mask (bool) has the lengths of a's first axes; it selects parts of a behind
 * those. Positions are integers, from 1, or from -1 at the
 * end; floats may have them, too.
 */
#ifndef PG_SELECT_H
#define PG_SELECT_H

#include "array/array.h"

/* *out = the elements at these positions along an axis (from 0), which the axes
   of positions replace. PG_EINDEX names the first position beyond the ends. */
pg_status pg_take(pg_array *out, const pg_array *a, const pg_array *positions,
                  int axis, pg_error *err);

/* *out = the selected parts, in row-major order: the first axis is as long as
   the mask has true elements. PG_ESHAPE if the mask does not fit. */
pg_status pg_masked(pg_array *out, const pg_array *a, const pg_array *mask,
                    pg_error *err);

/* *out (ndim, n; int64) = the positions (from 1) of the n elements that are not
   0, in row-major order: row i has those along axis i. */
pg_status pg_nonzero(pg_array *out, const pg_array *a, pg_error *err);

/* a[mask] = value, which is broadcast to the shape that pg_masked gives, and
   cast. */
pg_status pg_assign_masked(const pg_array *a, const pg_array *mask,
                           const pg_array *value, pg_error *err);

/* a[positions] = value along the first axis; the last value wins if a position
   comes twice. */
pg_status pg_assign_taken(const pg_array *a, const pg_array *positions,
                          const pg_array *value, pg_error *err);

/* a[..., positions, ...] += value along an axis (from 0), value of the shape
   that pg_take gives, or broadcast to it: what is added at a position that
   comes twice adds up, in the order of the positions. a is dense and of no one
   else, as an interrupt leaves it half written. Errors as pg_take's, and
   PG_EDTYPE for an a of bools. */
pg_status pg_add_taken(const pg_array *a, const pg_array *positions, int axis,
                       const pg_array *value, pg_error *err);

#endif
