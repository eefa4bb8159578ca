/*
 * interrupt.h -- Ctrl-C during a call becomes an error of Lua.
 */
#ifndef PG_HOST_INTERRUPT_H
#define PG_HOST_INTERRUPT_H

#include <lua.h>
#include <stdbool.h>

/* SIGINT does not end the program from now on: where it interrupts nothing, it
   is remembered. */
void host_keep_session(void);

/* SIGINT ends the program again. */
void host_end_session(void);

/* Around a call that SIGINT interrupts, on the main thread or a coroutine of
   it. They nest: begin returns the argument of end. */
bool host_begin_interrupts(lua_State *L);
void host_end_interrupts(bool before);

/* True if SIGINT came since the last call of this, and interrupted nothing. */
bool host_was_interrupted(void);

#endif
