/*
 * shape.h -- shapes as Lua tables, which print as (60000, 784) and are compared
 * by value; shapes, lengths and axes as arguments.
 */
#ifndef PG_BIND_SHAPE_H
#define PG_BIND_SHAPE_H

#include <lua.h>

#include "core/array/array.h"

/* Pushes a shape. */
void l_shape_push(lua_State *L, int ndim, const size_t *shape);

/* A shape given as lengths from arg on, or as one table of them. Returns the
   rank; *next is the first argument behind it. Where open is true, one length
   may be -1 (PG_INFER). */
int l_shape_check(lua_State *L, int arg, size_t *shape, int *next, bool open);

/* The axis of a (0-based) at arg, which counts from 1, or from -1 at the end.
 */
int l_axis_check(lua_State *L, int arg, const pg_array *a);

/* The same among a's axes and one more. */
int l_new_axis_check(lua_State *L, int arg, const pg_array *a);

#endif
