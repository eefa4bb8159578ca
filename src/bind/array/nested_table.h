/*
 * nested_table.h -- nested Lua tables and numbers to arrays, and back.
 *
 * Making an array may free another (function.h): take pointers to arrays again
 * after it.
 */
#ifndef PG_BIND_NESTED_TABLE_H
#define PG_BIND_NESTED_TABLE_H

#include "bind/array/array.h"

/* Pushes a new array with the numbers of the nested table, number or boolean at
   arg. If dtype is NULL, it is bool for booleans, else float64. */
pg_array *l_array_from_value(lua_State *L, int arg, const pg_dtype *dtype);

/* The array at arg. Replaces a number, boolean or nested table there by a new
   array first. */
pg_array *l_array_to(lua_State *L, int arg);

/* l_array_to for two arguments: both pointers hold. */
void l_arrays_to(lua_State *L, const pg_array **a, int arg_a,
                 const pg_array **b, int arg_b);

/* Pushes the one element of the array at arg; raises for any other size. */
int l_array_push_item(lua_State *L, int arg);

/* Ends a function whose new array is on top: raises, or returns 1 with the
   array, or its element for rank 0. */
int l_array_return_scalar(lua_State *L, pg_status status, const pg_error *err);

#endif
