/*
 * function.h -- adds public functions, methods and metamethods, whose arguments
 * are counted before they run.
 *
 * A binding function checks its arguments, pushes the (still empty) userdata
 * that will own the result, calls the core, and returns. Making a Lua object
 * may run a finalizer, and reading a table may run a metamethod; both can free
 * an array. So pointers to the arguments' arrays are taken after that, right
 * before the core is called. No memory of the core is held across a Lua call
 * that may raise: temporaries are userdata, too.
 */
#ifndef PG_BIND_FUNCTION_H
#define PG_BIND_FUNCTION_H

#include "bind/base/call.h"

/* Adds functions to the table on top: methods of the class, or functions of the
   module if it is NULL. The list ends with a NULL name. */
void l_add_functions(lua_State *L, const l_function *functions,
                     const l_class *class);

/* Adds metamethods to the metatable on top. Their arguments are not counted:
   Lua calls them. */
void l_add_operators(lua_State *L, const l_function *operators);

/* Adds __index to the metatable on top, which has the table __methods. Lua
   calls it for every field and element, so it enables interrupts only by
   l_call_run. */
void l_add_lookup(lua_State *L, lua_CFunction lookup);

/* In __index: pushes the method named by the key at 2. Returns false, with
   nothing pushed, if there is none. */
bool l_push_method(lua_State *L);

/* In __index: raises for the key at 2. The text is that of the metatable's
   __no_field(value, key), which the library sets. */
int l_no_field_error(lua_State *L);

/* Raises for an argument at arg or behind it; for functions with L_ANY. */
void l_no_more_arguments(lua_State *L, int arg);

#endif
