/*
 * list.h -- checks of tables that are lists of elements: a field beside them is
 * a mistake that nothing else would report.
 */
#ifndef PG_BIND_LIST_H
#define PG_BIND_LIST_H

#include <lua.h>
#include <stdbool.h>

/* True for a table at index with fields but no elements: it would make an empty
   array. */
bool l_list_has_only_fields(lua_State *L, int index);

/* Raises for an object of the library whose metatable has __no_array, the
   message. */
void l_list_refuse_object(lua_State *L, int index);

/* Raises for such an object, and for a field beside the `length` elements of
   the table at index, which may be a misplaced option. The n of table.pack is
   allowed. */
void l_list_refuse_fields(lua_State *L, int index, lua_Integer length);

#endif
