/*
 * axes.h -- the arguments of a reduction behind its array: axes, keep, and
 * options by name.
 *
 * Forms: (), (axis), (axis, keep), (options), (axis, options). An axis may be a
 * list of axes.
 */
#ifndef PG_BIND_AXES_H
#define PG_BIND_AXES_H

#include <lua.h>

#include "core/array/array.h"

/* Sets the stack to the axis at arg, or nil, and behind it keep or the table of
   options, or nil. Raises for an option that isn't among the names. */
void l_reduction_arguments(lua_State *L, int arg, const char *const *names);

/* The option keep, after l_reduction_arguments(L, arg, ...). */
bool l_keep_check(lua_State *L, int arg);

/* The set of axes of a (PG_AXIS of ops/reduce.h) at arg: a position, a list of
   them, or nil for all. It runs no metamethods. */
unsigned l_axes_check(lua_State *L, int arg, const pg_array *a);

#endif
