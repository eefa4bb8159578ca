/*
 * perigee_repl.h -- the REPL on a terminal, in lua/perigee/repl/loop.lua.
 */
#ifndef PG_HOST_PERIGEE_REPL_H
#define PG_HOST_PERIGEE_REPL_H

#include <lua.h>
#include <stdbool.h>

/* Reads, evaluates and prints until the input ends. False where the library
   does not load. */
bool host_perigee_repl(lua_State *L);

#endif
