/*
 * call.h -- the call of a binding function: which function runs, with
 * interrupts enabled, and a second time where it got no memory.
 */
#ifndef PG_BIND_CALL_H
#define PG_BIND_CALL_H

#include <lua.h>
#include <stdbool.h>

enum { L_ANY = -1 };

/* A public function. A call without its first arrays, or with more arguments
   than it takes, raises before the function runs; nil counts as no argument. */
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

/* The upvalues of each closure that function.h adds. __index has the table of
   methods in place of the l_function. */
enum {
    L_UPVALUE_FUNCTION = 1,
    L_UPVALUE_INTERRUPT,
    L_UPVALUE_CLASS,
    L_UPVALUE_METATABLE,
    L_UPVALUE_METHODS = L_UPVALUE_FUNCTION
};

/* The function that runs; NULL for __index. */
const l_function *l_call_function(lua_State *L);

/* Its operation. */
int l_call_operation(lua_State *L);

/* The class of the method that runs; NULL for a function of the module. */
const l_class *l_call_class(lua_State *L);

/* True where the call gave no argument at arg, not even nil. */
bool l_call_is_missing(lua_State *L, int arg);

/* Runs a function that Lua has called as `entry`, with interrupts enabled for
   this state. Where the core returns PG_ENOMEM to it, garbage is collected and
   the function runs a second time, with the arguments of the first; an argument
   may have become the array that it stands for. Not while the collector is
   stopped. */
int l_call_run(lua_State *L, lua_CFunction entry, lua_CFunction function);

/* Leaves the function that runs, to run it so. Returns in its second run, and
   outside l_call_run. */
void l_call_retry(lua_State *L);

#endif
