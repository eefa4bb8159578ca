/*
 * function.h -- adds public functions, methods and metamethods, whose arguments
 * are counted before they run.
 *
 * A binding function checks its arguments, pushes the (still empty) userdata
 * that will own the result, calls the core, and returns. What makes a Lua
 * object may run a finalizer, and a table may have metamethods; either could
 * free an array. So a pointer to an argument's array is taken after all of
 * that, right before the core is called. Nothing of the core's is held across a
 * Lua call that may raise: temporaries are userdata, too.
 */
#ifndef PG_BIND_FUNCTION_H
#define PG_BIND_FUNCTION_H

#include "bind/base/call.h"

/* Adds functions to the table on top, as methods of the class, or as functions
   of the module where it is NULL; the list ends with a NULL name. */
void l_add_functions(lua_State *L, const l_function *functions,
                     const l_class *class);

/* Adds metamethods to the metatable on top. Lua itself calls them, so nothing
   is counted. */
void l_add_operators(lua_State *L, const l_function *operators);

/* Adds __index to the metatable on top, whose __methods it knows. It is called
   for every field and element: interrupts are enabled only in what it runs by
   l_call_run. */
void l_add_lookup(lua_State *L, lua_CFunction lookup);

/* In __index: pushes the method named by the key at 2; false, and nothing
   pushed, where there is none. */
bool l_push_method(lua_State *L);

/* In __index: raises for the key at 2, by the text of the metatable's
   __no_field(value, key), which the library sets. */
int l_no_field_error(lua_State *L);

/* Raises for an argument at arg or behind it: for functions that count. */
void l_no_more_arguments(lua_State *L, int arg);

#endif
