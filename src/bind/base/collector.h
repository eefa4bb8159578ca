/*
 * collector.h -- runs Lua's garbage collector for the arrays' elements, which
 * it does not see.
 */
#ifndef PG_BIND_COLLECTOR_H
#define PG_BIND_COLLECTOR_H

#include <lua.h>

/* Collects garbage if C memory has grown much since the last collection. Called
   after an array was filled. */
void l_collector_step(lua_State *L);

#endif
