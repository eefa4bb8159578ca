/*
 * optimizer_settings.h -- the names of optimizers, and the settings of a step,
 * as Lua gives them.
 */
#ifndef PG_BIND_OPTIMIZER_SETTINGS_H
#define PG_BIND_OPTIMIZER_SETTINGS_H

#include <lua.h>

#include "core/kernels/optimizers.h"

/* The optimizer named at arg. */
pg_optimizer_kind l_optimizer_check(lua_State *L, int arg);

/* The settings of an optimizer step, from the table at arg: {optimizer = name,
   rate = number, ...}, as the library's optimizer.settings makes it. */
pg_optimizer_settings l_optimizer_settings_check(lua_State *L, int arg);

#endif
