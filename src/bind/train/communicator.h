/*
 * communicator.h -- communicators as userdata, which a module makes that links
 * a library for messages (src/mpi).
 */
#ifndef PG_BIND_COMMUNICATOR_H
#define PG_BIND_COMMUNICATOR_H

#include <lua.h>

#include "core/comm/communicator.h"

/* The metatable's name. The userdata begins with a pg_comm. */
#define L_COMM "perigee.communicator"

/* The communicator at arg; raises for anything else, and for one of a module
   that was compiled for another version. */
pg_comm *l_comm_check(lua_State *L, int arg);

#endif
