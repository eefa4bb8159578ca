/*
 * coroutine.h -- the list of coroutines that run, which Ctrl-C interrupts.
 */
#ifndef PG_HOST_COROUTINE_H
#define PG_HOST_COROUTINE_H

#include <lua.h>

/* Replaces coroutine.close, resume and wrap by functions that keep the list. A
   prompt needs it; in a script Ctrl-C waits for the coroutine, as in lua(1). */
void host_watch_coroutines(lua_State *L);

/* Calls f for each coroutine that runs or waits for one that it resumed, but
   not for the main thread. Async-signal-safe if f is. */
void host_each_running(void (*f)(lua_State *L));

#endif
