/*
 * views.h -- the same elements under other axes. Nothing is copied, and every
 * axis counts from 0. One that there is not is PG_EARG; where a function has no
 * status, it is checked by the caller.
 */
#ifndef PG_VIEWS_H
#define PG_VIEWS_H

#include "array/array.h"

/* Axis i of the view is axis axes[i] of a. PG_EARG unless each is named
   once. */
pg_status pg_permute_view(pg_array *out, const pg_array *a, const int *axes,
                          int count, pg_error *err);

void pg_swap_axes_view(pg_array *out, const pg_array *a, int i, int j);

/* Axis `from` becomes axis `to`; the others keep their order. */
void pg_move_axis_view(pg_array *out, const pg_array *a, int from, int to);

/* Without the axis, or with PG_EVERY_AXIS without all of length 1. PG_ESHAPE
   where the axis is longer. */
enum { PG_EVERY_AXIS = -1 };
pg_status pg_squeeze_view(pg_array *out, const pg_array *a, int axis,
                          pg_error *err);

/* With an axis of length 1 more, which is then axis 0 to a->ndim. PG_ESHAPE
   where the rank would be too high. */
pg_status pg_expand_view(pg_array *out, const pg_array *a, int axis,
                         pg_error *err);

/* In reverse order along the axis, or along PG_EVERY_AXIS. */
void pg_flip_view(pg_array *out, const pg_array *a, int axis);

#endif
