/*
 * network.h -- what the bindings of networks share.
 */
#ifndef PG_BIND_NETWORK_H
#define PG_BIND_NETWORK_H

#include "../core/network.h"
#include "bind.h"

/* The network in the table at arg: arrays W1, b1, W2, ... behind the prefix
   (gradients have "d"), as many as there are. The arrays stay the table's.
   Raises for a field that is no array, or if there is no W1. */
void l_network_check(lua_State *L, int arg, const char *prefix,
                     pg_network *network);

/* Pushes a table of empty arrays of the same names, for the core to fill. */
void l_network_push(lua_State *L, const char *prefix, pg_network *network,
                    int layers);

/* Adds the table `trainer` to the table on top. */
void l_open_trainer(lua_State *L);

#endif
