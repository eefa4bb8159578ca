/*
 * searcher.h -- a searcher of `require`, which finds the library's modules.
 */
#ifndef PG_HOST_SEARCHER_H
#define PG_HOST_SEARCHER_H

#include <lua.h>

/* Adds a searcher for "perigee" and "perigee.*" behind that of package.preload;
   package.path and package.cpath stay Lua's. The globals must be as
   luaL_openlibs leaves them. */
void host_add_searcher(lua_State *L);

#endif
