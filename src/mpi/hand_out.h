/*
 * hand_out.h -- rank 0 hands out orders, texts, to ranks that ask for one, and
 * takes the events that they report. A thread of rank 0 does so, while its Lua
 * runs orders, too.
 */
#ifndef PG_MPI_HAND_OUT_H
#define PG_MPI_HAND_OUT_H

#include <lua.h>

/* Adds the functions to the table on top. */
void l_open_hand_out(lua_State *L);

#endif
