/*
 * lua_repl.h -- lua(1)'s REPL, for input that is no terminal.
 */
#ifndef PG_HOST_LUA_REPL_H
#define PG_HOST_LUA_REPL_H

#include <lua.h>

/* Reads, evaluates and prints until the input ends. */
void host_lua_repl(lua_State *L);

#endif
