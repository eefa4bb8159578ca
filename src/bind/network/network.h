/*
 * network.h -- what the bindings of networks share.
 */
#ifndef PG_BIND_NETWORK_H
#define PG_BIND_NETWORK_H

#include <lua.h>

#include "core/train/network.h"

/* Pushes the arrays W1, b1, W2, ... of the table at arg, as many as there are;
   their names begin with prefix (gradients have "d"). Returns the number of
   layers. Raises for a field that is no array, or if there is no W1. */
int l_network_gather(lua_State *L, int arg, const char *prefix);

/* The activations of `layers` - 1 hidden layers from the value at arg: a name
   for all, a list with one for each, or nothing for the notebook's. */
void l_activations_check(lua_State *L, int arg, int layers,
                         pg_activation *activation);

/* The network that was gathered from stack index `first` on. Nothing that may
   run Lua (to make an object may run a finalizer) comes between this and the
   network's use: it could free an array. Raises for one that was freed.
   activation: NULL where they do not matter. */
void l_network_at(lua_State *L, int first, int layers,
                  const pg_activation *activation, pg_network *network);

#endif
