/*
 * network_table.h -- networks and their gradients as Lua tables of arrays,
 * {W1, b1, W2, b2} and {dW1, db1, dW2, db2}.
 *
 * A table is read in two steps: l_network_gather pushes its arrays, which may
 * run Lua; l_network_at takes their addresses, right before the core is called.
 */
#ifndef PG_BIND_NETWORK_TABLE_H
#define PG_BIND_NETWORK_TABLE_H

#include <lua.h>

#include "core/train/network.h"

/* A network whose arrays are on the stack. */
typedef struct l_network {
    int layers;
    int first; /* stack index of W1; b1, W2, b2, ... follow */
    pg_activation activation[PG_MAX_LAYERS]; /* of hidden layers */
    pg_loss loss;
} l_network;

/* Pushes W1, b1, W2, ... of the table at arg, without metamethods. prefix goes
   before each name: "d" for gradients, else "". Raises if W1 is absent, or if a
   field is no array. */
l_network l_network_gather(lua_State *L, int arg, const char *prefix);

/* Fills *network. Raises if one of the arrays was freed. */
void l_network_at(lua_State *L, const l_network *gathered, pg_network *network);

/* Pushes the array of the table at arg that is named prefix, letter, number.
   Returns false, with nothing pushed, if it is absent and optional. */
bool l_network_push_array(lua_State *L, int arg, const char *prefix,
                          char letter, int number, bool optional);

/* The array at a stack index. Raises if it was freed since it was pushed. */
pg_array *l_network_array_at(lua_State *L, int index);

/* The loss named at arg. */
pg_loss l_loss_check(lua_State *L, int arg);

/* Reads the activations of `layers` - 1 hidden layers from the value at arg:
   one name for all, a list with one for each, or nil for the notebook's
   default. */
void l_activations_check(lua_State *L, int arg, int layers,
                         pg_activation *activation);

#endif
