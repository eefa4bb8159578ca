/*
 * bind.h -- what the binding files share: one for each noun of the core.
 *
 * A binding function checks its arguments, pushes the (still empty) userdata
 * that will own the result, calls the core, and returns. Nothing of the core's
 * is held across a Lua call that may raise: temporaries are userdata too.
 */
#ifndef PG_BIND_H
#define PG_BIND_H

#include <lauxlib.h>
#include <lua.h>

#include "../core/array.h"

/* Raises err's message as a Lua error unless status is PG_OK. */
void l_check(lua_State *L, pg_status status, const pg_error *err);

/* Pushes nil and err's message: what functions that open or save return for a
   failure of the world. Returns 2. */
int l_failure(lua_State *L, const pg_error *err);

/* --- arrays ------------------------------------------------------------- */

#define L_ARRAY "perigee.array" /* the metatable's name */

/* Pushes an array that owns nothing yet, for the core to fill. */
pg_array *l_array_push(lua_State *L);

/* The array at arg; raises for anything else, or for one that was freed. */
pg_array *l_array_check(lua_State *L, int arg);
/* The same, or NULL where arg is no array (a freed array still raises). */
pg_array *l_array_test(lua_State *L, int arg);

/* An array from whatever stands at arg: an array itself, or a number, boolean
   or nested table, for which the value at arg is replaced by a new array. */
pg_array *l_array_to(lua_State *L, int arg);

/* Lets the collector run if C memory has grown much since it last did. Called
   by whoever filled an array. */
void l_collect(lua_State *L);

/* The dtype named by the string at arg, or `otherwise` where it is absent. */
pg_dtype l_dtype_opt(lua_State *L, int arg, pg_dtype otherwise);

/* --- one entry for each noun: adds its functions to the table on top --------
 */

void l_open_array(lua_State *L);
void l_open_file(lua_State *L);
void l_open_random(lua_State *L);
void l_open_network(lua_State *L);
void l_open_runtime(lua_State *L);

#endif
