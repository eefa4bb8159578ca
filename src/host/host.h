/*
 * host.h -- the program `perigee`: a stock Lua 5.4 interpreter, with lua(1)'s
 * command line, that finds the module and has a better prompt.
 *
 *   main.c      the command line
 *   run.c       chunks run with a traceback and an interrupt; messages
 *   searcher.c  where `require "perigee"` finds the module
 *   prompt.c    reading, evaluating, printing
 *   lines.c     a line from the terminal: editing and history
 */
#ifndef PG_HOST_H
#define PG_HOST_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

/* --- run.c ---------------------------------------------------------------- */

/* The name that messages begin with; NULL for none, as at the prompt. */
void host_set_name(const char *name);

/* "name: message" on stderr. */
void host_message(const char *message);

/* Calls the function below its narg arguments on top, with a traceback for
   errors and SIGINT made into one. Returns lua_pcall's status. */
int host_call(lua_State *L, int narg, int nres);

/* Prints the error on top, if status says that there is one, and pops it. */
int host_report(lua_State *L, int status);

/* Runs a file (NULL: standard input) or text, and reports. */
int host_run_file(lua_State *L, const char *path);
int host_run_text(lua_State *L, const char *text, const char *chunkname);

/* --- searcher.c ----------------------------------------------------------- */

/* Adds a searcher for "perigee" and "perigee.*" behind package.preload; path
   and cpath stay Lua's. */
void host_add_searcher(lua_State *L);

/* --- prompt.c ------------------------------------------------------------- */

void host_print_version(void);

/* Reads and runs until the input ends. */
void host_prompt(lua_State *L);

/* --- lines.c -------------------------------------------------------------- */

/* Before the first line: loads readline, if it is there, and the history. */
void host_lines_open(void);

/* A line without its newline, from malloc; NULL at the end of the input.
 *interrupted: Ctrl-C threw the line away. */
char *host_lines_read(const char *prompt, bool *interrupted);

/* Puts a line, or a chunk of several, in the history. */
void host_lines_remember(const char *line);

#endif
