/*
 * index_key.h -- the key of a[key] as the core's indices: a position, a table
 * with an index for each axis, or text such as "1:10, :".
 */
#ifndef PG_BIND_INDEX_KEY_H
#define PG_BIND_INDEX_KEY_H

#include <lua.h>

#include "core/array/index.h"

/* Indices, one for each axis from the first on. */
typedef struct l_indices {
    pg_index axis[PG_MAXDIM];
    int count;
} l_indices;

/* Reads the key at arg; raises if it is no index. */
void l_indices_check(lua_State *L, int arg, l_indices *indices);

/* The index of one position. */
pg_index l_index_position(int64_t position);

/* True if each index is a position: with one for each axis, they name an
   element. */
bool l_indices_are_positions(const l_indices *indices);

#endif
