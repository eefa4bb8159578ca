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

/* Pushes the result of the next call of the core, which l_array_return or
   l_array_finish must follow: no finalizer would release it before. At most
   `room` bytes of elements are then moved into the userdata. */
pg_array *l_array_push_result(lua_State *L, size_t room);

/* Has the core place the elements of such a result there at once. The call of
   the core must be next, and l_array_return behind it: nothing else may make an
   array between. */
void l_array_offer_memory(pg_array *out);

/* The room for a result of this shape, or of the shape of the array at arg; 0
   for more than what stays in a userdata. */
size_t l_shape_room(int ndim, const size_t *shape);
size_t l_array_room(lua_State *L, int arg);

/* The room for a result of the array at arg whose size is not known; 0 if the
   array is large. */
size_t l_array_usual_room(lua_State *L, int arg);

/* Finishes the result on top; returns false if its elements are in a userdata.
   A view of such elements keeps that userdata alive, which must be on the
   stack. */
bool l_array_finish(lua_State *L);

/* Ends a function whose new array is on top: raises, or returns 1. */
int l_array_return(lua_State *L, pg_status status, const pg_error *err);

/* The array at arg; raises for anything else, or for one that was freed. */
pg_array *l_array_check(lua_State *L, int arg);

/* As l_array_check, but NULL if there is no array. */
pg_array *l_array_test(lua_State *L, int arg);

/* As l_array_check, but freed arrays are allowed: their data is NULL. */
pg_array *l_array_handle(lua_State *L, int arg);

/* The array at an index, freed or not; NULL for anything else. Never raises. */
pg_array *l_array_peek(lua_State *L, int index);

/* The number of writes to the array's elements. */
lua_Integer l_array_writes(const pg_array *a);

/* Pushes a property of the array at 1: shape, dtype, ndim, size or T. Returns
   false, with nothing pushed, for another name. */
bool l_array_property(lua_State *L, const char *name);

/* Adds functions to the module, which is on top, and to arrays as methods. */
void l_array_add_functions(lua_State *L, const l_function *functions);

/* Gives small arrays the metamethods that arrays have now. */
void l_array_copy_metatable(lua_State *L);

/* Adds metamethods to arrays. */
void l_array_add_operators(lua_State *L, const l_function *operators);

#endif
