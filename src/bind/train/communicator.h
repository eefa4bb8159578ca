/*
 * communicator.h -- communicators as userdata, which a module makes that links
 * a library for messages (src/mpi).
 */
#ifndef PG_BIND_COMMUNICATOR_H
#define PG_BIND_COMMUNICATOR_H

#include <lua.h>

#include "core/comm/communicator.h"

/* The metatable's name. The userdata is the address of a pg_comm, which stays
   until the process ends. */
#define L_COMM "perigee.comm"

/* The communicator at arg; raises for anything else, and for one of a module
   that was compiled for another version. */
pg_comm *l_comm_check(lua_State *L, int arg);

/* Keeps the value at index for ever if the communicator is broken: the call
   that was broken off may still write to its memory. */
void l_comm_keep(lua_State *L, const pg_comm *comm, int index);

#endif
