/*
 * result_table.h -- the results of a function as a Lua table of arrays: {A1,
 * A2} or {dW1, db1, dW2, db2}, new, or the caller's from before.
 *
 * Each result is on the stack until it is in its table: a finalizer may empty
 * the table, and a weak one holds nothing.
 */
#ifndef PG_BIND_RESULT_TABLE_H
#define PG_BIND_RESULT_TABLE_H

#include <lua.h>

#include "core/train/network.h"

typedef struct l_results {
    const char *prefix, *letters; /* dW1, db1, dW2, ...: "d" and "Wb" */
    int layers;
    int table, first; /* stack indices */
    bool is_new[2 * PG_MAX_LAYERS];
} l_results;

/* Pushes the table at arg, or a new one for nil, and behind it each array that
   it has, or an empty one. */
l_results l_results_push(lua_State *L, int arg, const char *prefix,
                         const char *letters, int layers);

/* Result i, for the core to fill; as with l_network_at, right before that. */
pg_array *l_results_at(lua_State *L, const l_results *r, int i);

/* The results W1, b1, ... as a network. */
void l_results_network(lua_State *L, const l_results *r, pg_network *network);

/* Ends a function: raises, or puts the results into their table and returns it.
 */
int l_results_return(lua_State *L, const l_results *r, pg_status status,
                     const pg_error *err);

#endif
