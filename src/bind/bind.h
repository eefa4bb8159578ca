/*
 * bind.h -- what the binding files share: one for each noun of the core.
 *
 * A binding function pushes the (still empty) userdata that will own the
 * result, checks its arguments, calls the core, and returns. In this order:
 * whatever makes a Lua object may run a finalizer, and a table may have
 * metamethods; either could free an array whose pointer was already taken.
 * Nothing of the core's is held across a Lua call that may raise: temporaries
 * are userdata too.
 */
#ifndef PG_BIND_H
#define PG_BIND_H

#include <lauxlib.h>
#include <lua.h>

#include "../core/array/array.h"
#include "../core/array/scalar.h"

/* --- errors --------------------------------------------------------------- */

/* Replaces the text on top by one with nothing in it that a terminal obeys. */
void l_make_printable(lua_State *L);

/* luaL_error, without what a terminal would obey: messages show names and
   values of the caller's. The format is lua_pushfstring's. */
int l_error(lua_State *L, const char *format, ...);

/* Raises err's message as a Lua error unless status is PG_OK. */
void l_check(lua_State *L, pg_status status, const pg_error *err);

/* Pushes nil and err's message: what the trainer's functions return, for the
   library to raise in its caller's line. Returns 2. */
int l_failure(lua_State *L, pg_status status, const pg_error *err);

/* luaL_tolstring for messages: a number has a decimal point in any locale. */
const char *l_tolstring(lua_State *L, int index);

/* Raises what Ctrl-C raises, in place of the interpreter's hook that waits to.
   l_check and l_failure do so for PG_EINTERRUPT. */
int l_raise_interrupt(lua_State *L);

/* Pushes the state's source of interrupts (pg_interrupt), for pg_set_interrupt.
 */
void l_interrupt_push(lua_State *L);

/* The same as l_raise_interrupt, if it is time to: for loops over a table's
   elements. */
void l_check_interrupt(lua_State *L);

/* Raises for the key at 2 that the value at 1 does not have: with the message
   of its metatable's __no_field(value, key), which the library sets. */
int l_raise_no_field(lua_State *L);

/* Raises for the argument at arg of the function that runs, by the function's
   own name: a call may know it by another, or by none. This and what follows
   take the place of lauxlib's checks, which ask the call. Returns never. */
int l_argument_error(lua_State *L, int arg, const char *text);
/* The same: "EXPECTED expected, got TYPE". An argument that was not given is
   "no value", where the function has filled it up with nil, too. */
int l_type_error(lua_State *L, int arg, const char *expected);

/* Raise so unless `good` is true. */
void l_argument_check(lua_State *L, bool good, int arg, const char *text);
void l_argument_expect(lua_State *L, bool good, int arg, const char *expected);

/* Pushes the place of the call, for a message. A metamethod may be called by a
   function of C, as a string's operator is, or pairs: then the place is where
   that was called. */
void l_push_place(lua_State *L, bool is_metamethod);

/* True where the call gave no argument at arg: not even nil. */
bool l_is_missing(lua_State *L, int arg);

/* --- arrays --------------------------------------------------------------- */

#define L_ARRAY "perigee.array" /* the metatable's name */

/* Pushes an array that owns nothing yet, for the core to fill. */
pg_array *l_array_push(lua_State *L);

/* Lets the collector run if C memory has grown much since it last did. Called
   by whoever filled an array. */
void l_collect(lua_State *L);

/* Ends a function whose new array is on top: raises, or returns 1. */
int l_array_return(lua_State *L, pg_status status, const pg_error *err);

/* The array at arg; raises for anything else, or for one that was freed. */
pg_array *l_array_check(lua_State *L, int arg);
/* The same, or NULL where arg is no array (a freed array still raises). */
pg_array *l_array_test(lua_State *L, int arg);

/* The same as l_array_check, but for an array that was freed, too. */
pg_array *l_array_handle(lua_State *L, int arg);

/* How often the elements of an array have been written to. */
lua_Integer l_array_writes(const pg_array *a);

/* An array from whatever stands at arg: an array itself, or a number, boolean
   or nested table, for which the value at arg is replaced by a new array. */
pg_array *l_array_to(lua_State *L, int arg);
/* The same for two arguments, neither of which the other's table can free. */
void l_arrays_to(lua_State *L, const pg_array **a, int arg_a,
                 const pg_array **b, int arg_b);

/* Whether a table stands at index that has fields, but no elements: an array
   made of it would be empty, and what the caller meant would be lost. */
bool l_has_only_fields(lua_State *L, int index);

/* Raises for a field beside the elements of the table at index, which are
   `length`: an option that nothing would read. n is none, as table.pack sets
   it. */
void l_refuse_fields(lua_State *L, int index, lua_Integer length);

/* Pushes a new array with the numbers of the nested table, number or boolean at
   arg. Without a dtype (NULL): bool for booleans, else float64. */
pg_array *l_array_from_value(lua_State *L, int arg, const pg_dtype *dtype);

/* --- arguments and results ------------------------------------------------ */

/* The number or boolean at arg, or false for anything else. */
bool l_scalar_test(lua_State *L, int arg, pg_scalar *scalar);
void l_scalar_push(lua_State *L, pg_scalar scalar);

/* As luaL_checktype, luaL_checkudata, luaL_checkinteger and their like. */
void l_type_check(lua_State *L, int arg, int type);
void *l_userdata_check(lua_State *L, int arg, const char *metatable);
lua_Integer l_integer_check(lua_State *L, int arg);
lua_Integer l_integer_opt(lua_State *L, int arg, lua_Integer otherwise);
double l_number_check(lua_State *L, int arg);
double l_number_opt(lua_State *L, int arg, double otherwise);
const char *l_string_check(lua_State *L, int arg, size_t *length);
int l_option_check(lua_State *L, int arg, const char *const *names);

/* The path at arg. */
const char *l_path_check(lua_State *L, int arg);

/* The boolean at arg, or `otherwise` where it is absent. */
bool l_boolean_opt(lua_State *L, int arg, bool otherwise);

/* The dtype named by the string at arg; `otherwise` where it is absent. */
pg_dtype l_dtype_check(lua_State *L, int arg);
pg_dtype l_dtype_opt(lua_State *L, int arg, pg_dtype otherwise);

/* The axis (from 0) at arg, which counts from 1, or from -1 at the end. */
int l_axis_check(lua_State *L, int arg, const pg_array *a);
/* The same among a's axes and one more. */
int l_new_axis_check(lua_State *L, int arg, const pg_array *a);

/* A length, 0 or more, from the value at arg. */
size_t l_length_check(lua_State *L, int arg);

/* Pushes a shape: a list that prints as (60000, 784). */
void l_shape_push(lua_State *L, int ndim, const size_t *shape);

/* A shape given as lengths from arg on, or as one table of them. Returns the
   rank; *next is the first argument behind it. Where open is true, one length
   may be -1 (PG_INFER). */
int l_shape_check(lua_State *L, int arg, size_t *shape, int *next, bool open);

/* --- functions ------------------------------------------------------------ */

enum { L_ANY = -1 };

/* A public function. What is called without its first arrays, or with more
   arguments than it takes, raises before it runs; nil counts as no argument. */
typedef struct l_function {
    const char *name;
    lua_CFunction function;
    int arrays; /* the first arguments, which become arrays */
    int most;   /* arguments that it takes; L_ANY: it counts them itself */
    int op;     /* which of the operations that share the function */
} l_function;

/* A class of userdata whose methods raise for any other self. */
typedef struct l_class {
    const char *metatable; /* its name */
    const char *owner;     /* one in a message: "an array" */
    const char *variable;  /* one in examples: "a" */
    int before;            /* arguments before those that l_function counts */
} l_class;

/* Adds functions to the table on top, as methods of the class, or as functions
   of the module where it is NULL; the list ends with a NULL name. */
void l_add_functions(lua_State *L, const l_function *functions,
                     const l_class *class);

/* The same for metamethods, which Lua itself calls: nothing is counted. */
void l_add_operators(lua_State *L, const l_function *operators);

/* Adds __index, and the methods on top as __methods, to the metatable below
   them. It is called for every field and element, and so hears of interrupts
   only in what it runs by l_run. */
void l_add_lookup(lua_State *L, lua_CFunction lookup);
int l_methods_index(void); /* where __index has the methods: a stack index */

/* Runs a function that Lua has called as `entry`, while the thread listens to
   the interrupts of its state. Where the core gives it
   PG_ENOMEM, and the collector is not stopped, garbage is collected and the
   function runs once more, with the arguments that it had; an argument may have
   become the array that it stands for. What l_add_functions and l_add_operators
   add is run so. */
int l_run(lua_State *L, lua_CFunction entry, lua_CFunction function);

/* Leaves the function that runs, to run it so; returns where it is the second
   time, or l_run has not run it. l_check and l_failure do so. */
void l_run_again(lua_State *L);

/* The op of the function that runs; its class, or NULL. */
int l_operation_of(lua_State *L);
const l_class *l_class_of(lua_State *L);

/* Raises for an argument at arg or behind it: for functions that count. */
void l_no_more_arguments(lua_State *L, int arg);

/* --- parts of the module -------------------------------------------------- */

/* Add to the table on top, as l_add_functions does: an array's methods are
   functions of the module, too. */
void l_add_views(lua_State *L, const l_class *class);
void l_add_index(lua_State *L, const l_class *class);
void l_add_math(lua_State *L, const l_class *class);
void l_add_math_operators(lua_State *L); /* to the metatable */

/* The property of that name of the array at 1, on top of the stack: shape,
   dtype, ndim, size, T; false (and nothing pushed) where there is none. */
bool l_array_property(lua_State *L, const char *name);

/* Functions that another file than their own registers. */
int l_array_where(lua_State *L);
int l_array_tolist(lua_State *L);
int l_array_item(lua_State *L);
int l_array_checksum_v1(lua_State *L);

/* Ends a function whose new array is on top: raises, or returns 1 with the
   array, of which rank 0 has become its element. */
int l_array_return_scalar(lua_State *L, pg_status status, const pg_error *err);

/* Metamethods. */
int l_array_index(lua_State *L);
int l_array_newindex(lua_State *L);

void l_open_shape(lua_State *L); /* adds nothing to the module */

/* Adds the arrays' methods, and makes their metatable. */
void l_open_array(lua_State *L);
void l_open_create(lua_State *L);
void l_open_file(lua_State *L);
void l_open_png(lua_State *L);
void l_open_random(lua_State *L);
void l_open_network(lua_State *L);
void l_open_runtime(lua_State *L);
void l_open_process(lua_State *L);
void l_open_interrupt(lua_State *L); /* comes first, and adds nothing */
void l_open_memory(lua_State *L);

#endif
