/*
 * coroutine.h -- the coroutines that run, for Ctrl-C.
 */
#ifndef PG_HOST_COROUTINE_H
#define PG_HOST_COROUTINE_H

#include <lua.h>

/* Replaces coroutine.close, resume and wrap by functions that keep a list of
   the coroutines that run. For a prompt; in lua(1)'s scripts Ctrl-C waits for
   them.
 */
void host_watch_coroutines(lua_State *L);

/* Calls f for each coroutine that runs or waits for one that it resumed,
   without the main thread. Async-signal-safe if f is. */
void host_each_running(void (*f)(lua_State *L));

#endif
