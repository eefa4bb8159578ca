/*
 * shape.h -- shapes as Lua tables, which print as (60000, 784) and compare by
 * value; shapes and axes as arguments.
 */
#ifndef PG_BIND_SHAPE_H
#define PG_BIND_SHAPE_H

#include <lua.h>

#include "core/array/array.h"

/* Pushes a shape. */
void l_shape_push(lua_State *L, int ndim, const size_t *shape);

/* A shape given as lengths from arg on, or as one table of them. Returns the
   rank; *next is the first argument behind the shape. If may_infer is true, a
   length may be -1 (PG_INFER). */
int l_shape_check(lua_State *L, int arg, size_t *shape, int *next,
                  bool may_infer);

/* A shape that is the last of the arguments, from arg on. Returns the rank. */
int l_last_shape_check(lua_State *L, int arg, size_t *shape, bool may_infer);

/* The index of an axis of a, from the position at arg: 1 is the first axis, -1
   the last. */
int l_axis_check(lua_State *L, int arg, const pg_array *a);

/* The index that a new axis of a gets, from the position at arg. */
int l_new_axis_check(lua_State *L, int arg, const pg_array *a);

#endif
