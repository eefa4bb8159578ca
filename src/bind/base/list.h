/*
 * list.h -- tables that are lists of elements: a field among them is a mistake
 * that nothing else would report.
 */
#ifndef PG_BIND_LIST_H
#define PG_BIND_LIST_H

#include <lua.h>
#include <stdbool.h>

/* True for a table at index that has fields but no elements: an array made of
   it would be empty. */
bool l_list_has_only_fields(lua_State *L, int index);

/* Raises for a field beside the `length` elements of the table at index: it may
   be a misplaced option. table.pack's n is none. */
void l_list_refuse_fields(lua_State *L, int index, lua_Integer length);

#endif
