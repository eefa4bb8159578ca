/*
 * result_table.h -- the results of a function as a Lua table of arrays, {A1,
 * A2} or {dW1, db1, dW2, db2}, which may be the caller's, to reuse its arrays.
 *
 * Each result stays on the stack until it is in the table: a finalizer may
 * empty the table, and a weak table keeps nothing.
 */
#ifndef PG_BIND_RESULT_TABLE_H
#define PG_BIND_RESULT_TABLE_H

#include <lua.h>

#include "core/train/network.h"

typedef struct l_results {
    const char *prefix, *letters; /* "d" and "Wb" of dW1, db1, dW2, ... */
    int layers;
    int table, first; /* stack indices */
    bool is_new[2 * PG_MAX_LAYERS];
} l_results;

/* Pushes the table at arg, or a new one for nil, and behind it each result: the
   table's array, or a new one. */
l_results l_results_push(lua_State *L, int arg, const char *prefix,
                         const char *letters, int layers);

/* Result i, for the core to fill. Call it right before, as l_network_at. */
pg_array *l_results_at(lua_State *L, const l_results *r, int i);

/* The results W1, b1, ... as a network. */
void l_results_network(lua_State *L, const l_results *r, pg_network *network);

/* Ends a function: raises, or returns the table with the results in it. */
int l_results_return(lua_State *L, const l_results *r, pg_status status,
                     const pg_error *err);

#endif
