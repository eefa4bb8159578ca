/*
 * traced.h -- values that pg.grad traces, and the tracer that computes with
 * them.
 *
 * A traced value is a table with a metatable of the library's; the tracer is a
 * function of the library. A function of the bindings doesn't look for traced
 * values: it comes upon one where it expects an array or a number, and leaves
 * the call to the tracer then (l_call_leave_traced). So what isn't traced pays
 * nothing.
 */
#ifndef PG_BIND_TRACED_H
#define PG_BIND_TRACED_H

#include <lua.h>
#include <stdbool.h>

bool l_is_traced(lua_State *L, int index);

/* tracer(name, ...) -> its results, with the arguments on the stack. */
int l_traced_call(lua_State *L, const char *name);

/* The position of the message of an error, as luaL_where's: of the first
   function from `level` on that is not in the tracer's folder. */
void l_traced_where(lua_State *L, int level);

/* Sets the metatable of traced values, the tracer, and the beginning of the
   sources of the tracer's files; pops them. */
void l_traced_set(lua_State *L);

#endif
