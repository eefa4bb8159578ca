/*
 * interrupt.h -- Ctrl-C while the core computes.
 *
 * An interpreter's handler of SIGINT can only set a hook: for all events, after
 * each instruction, on the main thread's state, whichever coroutine runs. The
 * hook raises the error once Lua runs again. The core polls for that hook and
 * returns PG_EINTERRUPT; l_raise_interrupt then calls the hook.
 */
#ifndef PG_BIND_INTERRUPT_H
#define PG_BIND_INTERRUPT_H

#include <lua.h>

/* Raises the error of Ctrl-C, and clears the interpreter's hook. */
int l_raise_interrupt(lua_State *L);

/* Raises it if Ctrl-C was pressed; for loops over a table's elements. */
void l_check_interrupt(lua_State *L);

/* Pushes the state's pg_interrupt, for pg_set_interrupt. */
void l_interrupt_push(lua_State *L);

#endif
