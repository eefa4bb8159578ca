/*
 * interrupt.h -- Ctrl-C during a call becomes an error of Lua.
 */
#ifndef PG_HOST_INTERRUPT_H
#define PG_HOST_INTERRUPT_H

#include <lua.h>
#include <stdbool.h>

/* Keeps SIGINT from ending the program: one that interrupts nothing is
   remembered. */
void host_keep_session(void);

/* SIGINT ends the program again. */
void host_end_session(void);

/* Begin and end a call that SIGINT interrupts, on the main thread L or one of
   its coroutines. They nest: begin returns the argument of end. */
bool host_begin_interrupts(lua_State *L);
void host_end_interrupts(bool is_nested);

/* True if SIGINT has come since the last call of this function, and interrupted
   nothing. */
bool host_was_interrupted(void);

#endif
