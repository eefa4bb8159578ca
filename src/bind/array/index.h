/*
 * index.h -- the arguments of a:take(positions, axis).
 */
#ifndef PG_BIND_INDEX_H
#define PG_BIND_INDEX_H

#include <lua.h>

#include "core/array/array.h"

/* Replaces the positions at arg by an array of them, unless they are one. */
void l_positions_to(lua_State *L, int arg);

/* The index of the axis of a at arg: the first if it is absent. */
int l_taken_axis_check(lua_State *L, int arg, const pg_array *a);

#endif
