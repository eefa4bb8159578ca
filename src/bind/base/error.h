/*
 * error.h -- Lua errors with printable text: messages show names and values
 * from scripts and files, in which a terminal would obey control characters.
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

/* luaL_where for the function that runs. If a C function has called a
   metamethod, as pairs and a string's operator do, the position is where that
   function was called. */
void l_where(lua_State *L, bool is_metamethod);

/* Replaces the text on top by its printable form. */
void l_make_printable(lua_State *L);

/* luaL_tolstring for messages: numbers have a decimal point in any locale. */
const char *l_tolstring(lua_State *L, int index);

#endif
