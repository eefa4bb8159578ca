/*
 * error.h -- Lua errors, with text in which nothing is left that a terminal
 * would obey: messages show names and values from scripts and files.
 */
#ifndef PG_BIND_ERROR_H
#define PG_BIND_ERROR_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

/* luaL_error with printable text. The format is lua_pushfstring's. */
int l_error(lua_State *L, const char *format, ...);

/* Raises the text in the line that the running metamethod was called from. */
int l_metamethod_error(lua_State *L, const char *text);

/* luaL_where for the function that runs. C may call a metamethod, as a string's
   operator and pairs do: its position is then where that C function was called.
 */
void l_where(lua_State *L, bool is_metamethod);

/* Replaces the text on top by its printable form. */
void l_make_printable(lua_State *L);

/* luaL_tolstring for messages: numbers have a decimal point in any locale. */
const char *l_tolstring(lua_State *L, int index);

#endif
