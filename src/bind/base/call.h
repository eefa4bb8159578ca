/*
 * call.h -- the call of a binding function: its name and operation, interrupts,
 * a second run after an allocation that failed, and its run by the tracer.
 */
#ifndef PG_BIND_CALL_H
#define PG_BIND_CALL_H

#include <lua.h>
#include <stdbool.h>

enum { L_ANY = -1 };

/* A public function. A call that lacks one of the arrays, or has more arguments
   than the function takes, raises before the function runs; nil counts as no
   argument. */
typedef struct l_function {
    const char *name;
    lua_CFunction function;
    int arrays; /* number of first arguments that must be there */
    int most;   /* number of arguments; L_ANY: the function counts them */
    int op;     /* operation, for functions that several names share */
} l_function;

/* A class of userdata, whose methods raise for any other self. */
typedef struct l_class {
    const char *metatable; /* name of the metatable */
    const char *owner;     /* an instance in messages: "an array" */
    const char *variable;  /* an instance in examples: "a" */
    int before;            /* arguments before those that l_function counts */
    bool (*is_instance)(lua_State *L, int arg); /* NULL: by the metatable */
} l_class;

/* The upvalues of each closure that function.h adds. __index has the table of
   methods where others have the l_function. */
enum {
    L_UPVALUE_FUNCTION = 1,
    L_UPVALUE_INTERRUPT,
    L_UPVALUE_CLASS,
    L_UPVALUE_METATABLE,
    L_UPVALUE_METHODS = L_UPVALUE_FUNCTION
};

/* The l_function that runs; NULL for __index. */
const l_function *l_call_function(lua_State *L);

/* The operation of the l_function that runs. */
int l_call_operation(lua_State *L);

/* The class of the method that runs; NULL for a function of the module. */
const l_class *l_call_class(lua_State *L);

/* True if the call gave no argument at arg, not even nil. */
bool l_call_is_missing(lua_State *L, int arg);

/* Runs a function, which Lua has called as `entry`, with interrupts enabled for
   this state. If the core returns PG_ENOMEM to the function, garbage is
   collected and the function runs a second time, with the same arguments; a
   table may have become an array. There is no second run while the collector is
   stopped. If an argument turns out to be a traced value (traced.h), the tracer
   is called instead, with the same arguments. */
int l_call_run(lua_State *L, lua_CFunction entry, lua_CFunction function);

/* Jumps out of the function that runs, to its second run. Returns if there is
   none: in the second run, while the collector is stopped, and outside
   l_call_run. */
void l_call_retry(lua_State *L);

/* Jumps out of the function that runs, to the tracer, if the value at index is
   traced. Raises where there is no function to leave, as in __newindex. */
void l_call_leave_traced(lua_State *L, int index);

/* Inserts nil at arg; another run finds the arguments without it. */
void l_call_insert_nil(lua_State *L, int arg);

#endif
