/*
 * argument_error.h -- errors about an argument, which name the function that
 * runs.
 *
 * They replace lauxlib's, which name a function as its caller does: by a
 * local's name, or "?" under pcall.
 */
#ifndef PG_BIND_ARGUMENT_ERROR_H
#define PG_BIND_ARGUMENT_ERROR_H

#include <lua.h>
#include <stdbool.h>

/* Raises "bad argument #ARG to 'NAME' (TEXT)"; for an operator's operand,
   "the left side of +: TEXT". Never returns. */
int l_argument_error(lua_State *L, int arg, const char *text);

/* Raises "EXPECTED expected, got TYPE" for the argument at arg. TYPE is "no
   value" for an argument that was not given. Never returns. */
int l_type_error(lua_State *L, int arg, const char *expected);

/* Raise one of these errors unless `good` is true. */
void l_argument_check(lua_State *L, bool good, int arg, const char *text);
void l_argument_expect(lua_State *L, bool good, int arg, const char *expected);

/* True if the function that runs was called with a colon. */
bool l_is_method_call(lua_State *L);

#endif
