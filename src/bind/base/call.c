/* The call of a binding function: interrupts, a second run after a garbage
   collection, and the tracer.

   Lua does not see an array's elements, so an allocation may fail although
   garbage arrays hold enough memory. A collection runs finalizers, which may
   free an array whose address the function has taken. So the function ends
   before the collection, and runs from its beginning after it. The core undoes
   its changes before it returns PG_ENOMEM. */
#include "bind/base/call.h"

#include <setjmp.h>

#include "bind/base/error.h"
#include "bind/base/scalar.h"
#include "bind/base/traced.h"
#include "core/base/interrupt.h"

const l_function *l_call_function(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(L_UPVALUE_FUNCTION));
}

/* The name of the function that runs, as the tracer knows it. */
static const char *call_name(lua_State *L)
{
    const l_function *f = l_call_function(L);
    return f ? f->name : "__index";
}

int l_call_operation(lua_State *L)
{
    return l_call_function(L)->op;
}

const l_class *l_call_class(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(L_UPVALUE_CLASS));
}

/* --- the call that runs --------------------------------------------------- */

enum { MOST_SCALARS = PG_MAXDIM + 4 };

/* The targets of a jump out of a function that runs. */
enum { SECOND_RUN = 1, TRACER };

/* The state of a call, for its second run. A function replaces tables and
   numbers among its arguments by arrays. The second run takes the arrays, but
   the numbers themselves: the result's type depends on them. */
typedef struct attempt {
    jmp_buf target;
    bool is_second;
    int count;    /* arguments */
    int given;    /* the last that isn't nil */
    int inserted; /* index of a nil that was inserted among them, or 0 */
    pg_scalar scalars[MOST_SCALARS];
} attempt;

/* The call that runs. After a Lua error it is that of a function that has
   ended: is_current tells. */
typedef struct running {
    lua_State *L;
    const void *frame;   /* Lua's, of the call */
    lua_CFunction entry; /* the function that Lua called */
    attempt *attempt;
} running;

static _Thread_local __attribute__((tls_model("initial-exec")))
running this_run;

static const void *frame_of(lua_State *L)
{
    lua_Debug here;
    return lua_getstack(L, 0, &here) ? here.i_ci : NULL;
}

/* True if this_run is the function that Lua runs. */
static bool is_current(lua_State *L)
{
    lua_Debug here;
    if (this_run.L != L || !lua_getstack(L, 0, &here) ||
        here.i_ci != this_run.frame || !lua_checkstack(L, 1) ||
        !lua_getinfo(L, "f", &here))
        return false;
    bool is_same = lua_tocfunction(L, -1) == this_run.entry;
    lua_pop(L, 1);
    return is_same;
}

bool l_call_is_missing(lua_State *L, int arg)
{
    return lua_isnone(L, arg) || (lua_isnil(L, arg) && is_current(L) &&
                                  arg > this_run.attempt->count);
}

void l_call_retry(lua_State *L)
{
    if (is_current(L) && !this_run.attempt->is_second &&
        lua_gc(L, LUA_GCISRUNNING) == 1)
        longjmp(this_run.attempt->target, SECOND_RUN);
}

void l_call_leave_traced(lua_State *L, int index)
{
    if (!l_is_traced(L, index))
        return;
    if (is_current(L))
        longjmp(this_run.attempt->target, TRACER);
    l_error(L, "a traced value can't be used here: pg.detach gives the array "
               "or number behind it");
}

void l_call_insert_nil(lua_State *L, int arg)
{
    lua_pushnil(L);
    lua_insert(L, arg);
    if (is_current(L))
        this_run.attempt->inserted = arg;
}

static void keep_arguments(lua_State *L, attempt *a)
{
    a->count = a->given = lua_gettop(L);
    while (a->given > 0 && lua_isnil(L, a->given))
        a->given--;
    a->inserted = 0;
    for (int i = 0; i < a->count && i < MOST_SCALARS; i++)
        if (!l_scalar_test(L, i + 1, &a->scalars[i]))
            a->scalars[i].kind = 0;
}

static void restore_arguments(lua_State *L, attempt *a)
{
    if (a->inserted > 0)
        lua_remove(L, a->inserted);
    a->inserted = 0;
    lua_settop(L, a->given); /* the function may have pushed values there */
    lua_settop(L, a->count);
    for (int i = 0; i < a->count && i < MOST_SCALARS; i++)
        if (a->scalars[i].kind) {
            l_scalar_push(L, a->scalars[i]);
            lua_replace(L, i + 1);
        }
}

/* After an error, interrupts stay enabled for this state until the next
   function runs on the thread or the state ends (interrupt.c). */
int l_call_run(lua_State *L, lua_CFunction entry, lua_CFunction function)
{
    attempt now;
    const running outer = this_run;
    const pg_interrupt *before = pg_set_interrupt(
        lua_touserdata(L, lua_upvalueindex(L_UPVALUE_INTERRUPT)));
    now.is_second = false;
    keep_arguments(L, &now);
    this_run = (running){L, frame_of(L), entry, &now};
    switch (setjmp(now.target)) {
    case SECOND_RUN:
        now.is_second = true;
        this_run = (running){L, frame_of(L), entry, &now};
        restore_arguments(L, &now);
        lua_gc(L, LUA_GCCOLLECT);
        break;
    case TRACER:
        restore_arguments(L, &now);
        this_run = outer;
        pg_set_interrupt(before);
        return l_traced_call(L, call_name(L));
    default:
        break;
    }
    int results = function(L);
    this_run = outer;
    pg_set_interrupt(before);
    return results;
}
