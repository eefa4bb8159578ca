/*
 * argument_error.h -- errors about an argument of the function that runs, by
 * the function's own name.
 *
 * They take the place of lauxlib's, which name a function as its caller does:
 * by a local's name, or "?" under pcall.
 */
#ifndef PG_BIND_ARGUMENT_ERROR_H
#define PG_BIND_ARGUMENT_ERROR_H

#include <lua.h>
#include <stdbool.h>

/* Raises "bad argument #ARG to 'NAME' (TEXT)"; for an operator's operand, the
   expression stands in place of number and name. Returns never. */
int l_argument_error(lua_State *L, int arg, const char *text);

/* Raises "EXPECTED expected, got TYPE" of the argument at arg: "no value" for
   one that was not given. Returns never. */
int l_type_error(lua_State *L, int arg, const char *expected);

/* Raise so unless `good` is true. */
void l_argument_check(lua_State *L, bool good, int arg, const char *text);
void l_argument_expect(lua_State *L, bool good, int arg, const char *expected);

/* True where the function that runs was called with a colon. */
bool l_is_method_call(lua_State *L);

#endif
