/*
 * status.h -- a core function's status as a Lua error.
 */
#ifndef PG_BIND_STATUS_H
#define PG_BIND_STATUS_H

#include <lua.h>

#include "core/base/status.h"

/* Returns for PG_OK, else raises: for PG_EINTERRUPT the error of Ctrl-C, else
   err's message. For PG_ENOMEM the function that runs is retried first
   (l_call_run). */
void l_check(lua_State *L, pg_status status, const pg_error *err);

/* l_check for a status that is an error, but pushes nil and err's message where
   l_check raises it: the library adds to the message, and raises in its
   caller's line. Returns 2. */
int l_failure(lua_State *L, pg_status status, const pg_error *err);

#endif
