/*
 * collector.h -- Lua's garbage collector, which sees some hundred bytes of an
 * array and not its elements.
 */
#ifndef PG_BIND_COLLECTOR_H
#define PG_BIND_COLLECTOR_H

#include <lua.h>

/* Collects garbage if C memory has grown much since the last collection. Called
   once an array was filled. */
void l_collector_step(lua_State *L);

#endif
