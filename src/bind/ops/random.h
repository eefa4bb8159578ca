/*
 * random.h -- random generators as userdata: the bytes are a pg_random.
 */
#ifndef PG_BIND_RANDOM_H
#define PG_BIND_RANDOM_H

#include <lua.h>

#include "core/ops/random.h"

#define L_RANDOM "perigee.random" /* the metatable's name */

/* The generator at arg, or the module's if arg is absent. */
pg_random *l_random_opt(lua_State *L, int arg);

#endif
