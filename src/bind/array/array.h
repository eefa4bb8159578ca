/*
 * array.h -- arrays as userdata: lifetime, properties, metatable.
 *
 * The userdata holds a pg_array, a view. The collector, free and close release
 * it. A pointer to it holds until something runs Lua (function.h).
 */
#ifndef PG_BIND_ARRAY_H
#define PG_BIND_ARRAY_H

#include <lauxlib.h>
#include <lua.h>

#include "bind/base/function.h"
#include "core/array/array.h"

#define L_ARRAY "perigee.array" /* the metatable's name */

/* Pushes an empty array, for the core to fill. */
pg_array *l_array_push(lua_State *L);

/* Ends a function whose new array is on top: raises, or returns 1. */
int l_array_return(lua_State *L, pg_status status, const pg_error *err);

/* The array at arg; raises for anything else, or for one that was freed. */
pg_array *l_array_check(lua_State *L, int arg);

/* As l_array_check, but NULL if there is no array. */
pg_array *l_array_test(lua_State *L, int arg);

/* As l_array_check, but freed arrays are allowed: their data is NULL. */
pg_array *l_array_handle(lua_State *L, int arg);

/* The number of writes to the array's elements. */
lua_Integer l_array_writes(const pg_array *a);

/* Pushes a property of the array at 1: shape, dtype, ndim, size or T. Returns
   false, with nothing pushed, for another name. */
bool l_array_property(lua_State *L, const char *name);

/* Adds functions to the module, which is on top, and to arrays as methods. */
void l_array_add_functions(lua_State *L, const l_function *functions);

/* Adds metamethods to arrays. */
void l_array_add_operators(lua_State *L, const l_function *operators);

#endif
