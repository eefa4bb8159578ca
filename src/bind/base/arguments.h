/*
 * arguments.h -- the arguments of the function that runs, as C values.
 *
 * Each check raises for another type as lauxlib's do, but names the function
 * that runs (argument_error.h).
 */
#ifndef PG_BIND_ARGUMENTS_H
#define PG_BIND_ARGUMENTS_H

#include <lua.h>

#include "bind/base/argument_error.h"
#include "core/array/dtype.h"

/* As luaL_checktype, luaL_checkudata, luaL_checkinteger and so on; but a text
   is no number. */
void l_type_check(lua_State *L, int arg, int type);
void *l_userdata_check(lua_State *L, int arg, const char *metatable);
lua_Integer l_integer_check(lua_State *L, int arg);
lua_Integer l_integer_opt(lua_State *L, int arg, lua_Integer otherwise);
double l_number_check(lua_State *L, int arg);
double l_number_opt(lua_State *L, int arg, double otherwise);
const char *l_string_check(lua_State *L, int arg, size_t *length);

/* The index of a name in a list that ends with NULL; -1 if it is not there. */
int l_find_name(const char *const *names, const char *name);

/* The index of the string at arg among the names, which end with NULL. */
int l_name_check(lua_State *L, int arg, const char *const *names);

/* The boolean at arg, or `otherwise` if it is absent. */
bool l_boolean_opt(lua_State *L, int arg, bool otherwise);

/* The count, 0 or more, at arg; its name is for the message. */
size_t l_count_check(lua_State *L, int arg, const char *name);

/* The length, 0 or more, at arg. */
size_t l_length_check(lua_State *L, int arg);

/* The path at arg: a string (not a number) without zero bytes. */
const char *l_path_check(lua_State *L, int arg);

/* The dtype named by the string at arg, or `otherwise` if it is absent. */
pg_dtype l_dtype_check(lua_State *L, int arg);
pg_dtype l_dtype_opt(lua_State *L, int arg, pg_dtype otherwise);

#endif
