/*
 * isolation.h -- the prompt's own functions, isolated from the user's metatable
 * of strings and from the user's hook.
 */
#ifndef PG_HOST_ISOLATION_H
#define PG_HOST_ISOLATION_H

#include <lua.h>

/* Isolates the prompt's functions, which run from here on. */
void host_isolation_open(lua_State *L);

/* Around the user's functions; both do nothing before host_isolation_open. */
void host_isolation_leave(lua_State *L);
void host_isolation_enter(lua_State *L);

/* Drops the user's hook, which host_isolation_leave would set again. */
void host_isolation_drop_hook(void);

#endif
