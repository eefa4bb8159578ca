/*
 * searcher.h -- a searcher of `require` for the library's modules.
 */
#ifndef PG_HOST_SEARCHER_H
#define PG_HOST_SEARCHER_H

#include <lua.h>

/* Adds a searcher for "perigee" and "perigee.*" behind package.preload's;
   package.path and package.cpath stay Lua's. */
void host_add_searcher(lua_State *L);

#endif
