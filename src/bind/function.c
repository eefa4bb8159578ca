/* Public functions and methods: their arguments are counted before they run;
   one that gets no memory is run once more. */
#include "bind.h"

#include <setjmp.h>
#include <string.h>

enum { FUNCTION = 1, CLASS = 2, METATABLE = 3 }; /* upvalues */

static const l_function *function_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(FUNCTION));
}

int l_operation_of(lua_State *L)
{
    return function_of(L)->op;
}

const l_class *l_class_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(CLASS));
}

/* luaL_argerror, by the function's own name: a call may know it by another. */
static void argument_error(lua_State *L, int arg, const char *text)
{
    lua_Debug here;
    lua_getstack(L, 0, &here);
    lua_getinfo(L, "n", &here);
    if (strcmp(here.namewhat, "method") == 0)
        arg--; /* self is not counted */
    luaL_error(L, "bad argument #%d to '%s' (%s)", arg, function_of(L)->name,
               text);
}

void l_no_more_arguments(lua_State *L, int arg)
{
    const char *name = function_of(L)->name;
    for (int i = arg; i <= lua_gettop(L); i++)
        if (!lua_isnil(L, i))
            argument_error(
                L, i,
                lua_pushfstring(
                    L, "no such argument; pg.help \"%s\" shows those there are",
                    name));
}

/* A method that was reached with a dot has no self, or another value in its
   place. */
static void check_self(lua_State *L, const l_function *f, const l_class *class)
{
    bool is_self = lua_getmetatable(L, 1) &&
                   lua_rawequal(L, -1, lua_upvalueindex(METATABLE));
    if (!is_self)
        luaL_error(L, "%s is %s's method: %s:%s(...), with a colon", f->name,
                   class->owner, class->variable, f->name);
    lua_pop(L, 1);
}

/* --- memory that garbage holds ----------------------------------------------

   Lua does not see an array's elements, so an allocation may fail while arrays
   that are garbage hold the memory for it. A collection runs finalizers, which
   may free an array whose address the function has taken: the function is left
   first, and begins anew after the collection. Whatever it may have changed
   before it got no memory, it has changed back. */

enum { MOST_SCALARS = PG_MAXDIM + 4 };

/* A function puts arrays in the place of its arguments, which serve it as well,
   but for numbers: those tell what the result is. */
typedef struct attempt {
    jmp_buf without_memory;
    int count; /* arguments */
    pg_scalar scalars[MOST_SCALARS];
} attempt;

/* The function that runs for the first time. An error leaves it here when the
   function is gone: whoever reads `attempt` makes sure first that the function
   is the one that Lua is running. */
typedef struct running {
    lua_State *L;
    const void *frame;   /* Lua's, of the call */
    lua_CFunction entry; /* as Lua knows it */
    attempt *attempt;
} running;

static _Thread_local __attribute__((tls_model("initial-exec")))
running first_run;

static const void *frame_of(lua_State *L)
{
    lua_Debug here;
    return lua_getstack(L, 0, &here) ? here.i_ci : NULL;
}

static bool is_running(lua_State *L, const running *r)
{
    lua_Debug here;
    if (r->L != L || !lua_getstack(L, 0, &here) || here.i_ci != r->frame ||
        !lua_checkstack(L, 1) || !lua_getinfo(L, "f", &here))
        return false;
    bool is_same = lua_tocfunction(L, -1) == r->entry;
    lua_pop(L, 1);
    return is_same;
}

void l_run_again(lua_State *L)
{
    if (is_running(L, &first_run) && lua_gc(L, LUA_GCISRUNNING) == 1)
        longjmp(first_run.attempt->without_memory, 1);
}

static void keep_arguments(lua_State *L, attempt *a)
{
    a->count = lua_gettop(L);
    for (int i = 0; i < a->count && i < MOST_SCALARS; i++)
        if (!l_scalar_test(L, i + 1, &a->scalars[i]))
            a->scalars[i].kind = 0;
}

static void restore_arguments(lua_State *L, const attempt *a)
{
    lua_settop(L, a->count);
    for (int i = 0; i < a->count && i < MOST_SCALARS; i++)
        if (a->scalars[i].kind) {
            l_scalar_push(L, a->scalars[i]);
            lua_replace(L, i + 1);
        }
}

int l_run(lua_State *L, lua_CFunction entry, lua_CFunction function)
{
    attempt first;
    const running outer = first_run;
    keep_arguments(L, &first);
    first_run = (running){L, frame_of(L), entry, &first};
    if (setjmp(first.without_memory) != 0) {
        /* Not `outer`: an error may have left it by this very frame. */
        first_run = (running){0};
        restore_arguments(L, &first);
        lua_gc(L, LUA_GCCOLLECT);
    }
    int results = function(L);
    first_run = outer;
    return results;
}

/* --- calls ---------------------------------------------------------------- */

static int call(lua_State *L)
{
    const l_function *f = function_of(L);
    const l_class *class = l_class_of(L);
    int before = class ? class->before : 0;
    if (class)
        check_self(L, f, class);
    if (f->most != L_ANY)
        l_no_more_arguments(L, before + f->most + 1);
    for (int i = before + 1; i <= before + f->arrays; i++)
        if (lua_isnoneornil(L, i))
            argument_error(
                L, i,
                lua_pushfstring(L, "array, number or table expected, got %s",
                                luaL_typename(L, i)));
    return l_run(L, call, f->function);
}

static int call_operator(lua_State *L)
{
    return l_run(L, call_operator, function_of(L)->function);
}

void l_add_functions(lua_State *L, const l_function *functions,
                     const l_class *class)
{
    for (const l_function *f = functions; f->name; f++) {
        lua_pushlightuserdata(L, (void *)f);
        if (class) {
            lua_pushlightuserdata(L, (void *)class);
            luaL_getmetatable(L, class->metatable);
        }
        lua_pushcclosure(L, call, class ? METATABLE : FUNCTION);
        lua_setfield(L, -2, f->name);
    }
}

void l_add_operators(lua_State *L, const l_function *operators)
{
    for (const l_function *f = operators; f->name; f++) {
        lua_pushlightuserdata(L, (void *)f);
        lua_pushcclosure(L, call_operator, FUNCTION);
        lua_setfield(L, -2, f->name);
    }
}
