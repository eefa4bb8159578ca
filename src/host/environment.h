/*
 * environment.h -- the environment (_ENV) of the library's own files.
 */
#ifndef PG_HOST_ENVIRONMENT_H
#define PG_HOST_ENVIRONMENT_H

#include <lua.h>

/* Pushes the environment, a new one. The globals must be as luaL_openlibs
   leaves them. */
void host_push_environment(lua_State *L);

#endif
