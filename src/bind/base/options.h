/*
 * options.h -- options of a function by their names, in a last table.
 *
 * An absent table (nil) has no options. Tables are read without metamethods.
 */
#ifndef PG_BIND_OPTIONS_H
#define PG_BIND_OPTIONS_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

/* True for a table at arg that can only be one of options: a key is a string,
   nothing is at 1, and there is no metatable. An empty table is data. */
bool l_is_options(lua_State *L, int arg);

/* Sets the stack to the value at arg, or nil, and behind it the options, or
   nil: options at arg move behind. Raises if another argument follows them. */
void l_options_last(lua_State *L, int arg);

/* Raises unless the value at arg is nil, or a table whose keys are all among
   the names; the list ends with NULL. */
void l_options_check(lua_State *L, int arg, const char *const *names);

/* An option of the table at arg, or `otherwise` where it is absent. Raise for a
   value of another type; l_option_number raises for NaN, too. */
bool l_option_boolean(lua_State *L, int arg, const char *name, bool otherwise);
lua_Integer l_option_integer(lua_State *L, int arg, const char *name,
                             lua_Integer otherwise);
double l_option_number(lua_State *L, int arg, const char *name,
                       double otherwise);

/* The option max_bytes of the table at arg, an integer of 0 or more; UINT64_MAX
   where it is absent. */
uint64_t l_option_max_bytes(lua_State *L, int arg);

/* Pushes an option of the table at arg, of any type; nil where it is absent. */
void l_option_push(lua_State *L, int arg, const char *name);

/* Raises that the option must be what `expected` says, not the value on top. Of
   a table or another object it names the type. */
int l_option_error(lua_State *L, const char *name, const char *expected);

#endif
