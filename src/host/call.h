/*
 * call.h -- protected calls, as lua.c makes them: with a traceback, Ctrl-C made
 * into an error, and errors written to stderr.
 */
#ifndef PG_HOST_CALL_H
#define PG_HOST_CALL_H

#include <lua.h>

/* Sets the program's name, with which messages begin: NULL, as at the prompt,
   for none. */
void host_set_name(const char *name);

/* Writes "name: message" to stderr, with ? for what a terminal would obey. */
void host_message(const char *message);

/* Calls the function below the narg arguments on top. Returns lua_pcall's
   status; an error's message has a traceback. */
int host_call(lua_State *L, int narg, int nres);

/* Prints and pops the error on top, unless status is LUA_OK. Returns status. */
int host_report(lua_State *L, int status);

/* Run a file (NULL: standard input) or text, and report errors. Return the
   status. */
int host_run_file(lua_State *L, const char *path);
int host_run_text(lua_State *L, const char *text, const char *chunkname);

#endif
