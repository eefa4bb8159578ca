/*
 * scalar.h -- Lua's numbers and booleans as the core's scalars.
 */
#ifndef PG_BIND_SCALAR_H
#define PG_BIND_SCALAR_H

#include <lua.h>

#include "core/array/scalar.h"

/* True for a number or a boolean at arg, not for text that reads as one. */
bool l_is_scalar(lua_State *L, int arg);

/* *scalar = the number or boolean at arg; false for anything else. */
bool l_scalar_test(lua_State *L, int arg, pg_scalar *scalar);

void l_scalar_push(lua_State *L, pg_scalar scalar);

#endif
