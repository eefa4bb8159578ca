/* Public functions and methods: their arguments are counted before they run.
   While one runs, the core asks the interrupts of its state; one that gets no
   memory is run once more. */
#include "bind.h"

#include <setjmp.h>
#include <string.h>

#include "../core/base/interrupt.h"

/* Upvalues; __index has METHODS in place of a function. */
enum { FUNCTION = 1, INTERRUPT, CLASS, METATABLE, METHODS = FUNCTION };

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

int l_methods_index(void)
{
    return lua_upvalueindex(METHODS);
}

/* True where the function that runs was called with a colon. */
static bool is_method_call(lua_State *L)
{
    lua_Debug here;
    lua_getstack(L, 0, &here);
    lua_getinfo(L, "n", &here);
    return strcmp(here.namewhat, "method") == 0;
}

/* The event whose metamethod runs, as "add"; NULL where a function or a method
   does. */
static const char *event_of(lua_State *L)
{
    const l_function *f = function_of(L);
    lua_Debug here;
    if (f)
        return strncmp(f->name, "__", 2) == 0 ? f->name + 2 : NULL;
    lua_getstack(L, 0, &here);
    lua_getinfo(L, "n", &here);
    if (here.name && strcmp(here.namewhat, "metamethod") != 0)
        return NULL;
    return here.name ? here.name : "index"; /* as ipairs calls it */
}

/* The name of the function that runs. */
static const char *name_of(lua_State *L)
{
    const l_function *f = function_of(L);
    lua_Debug here;
    if (f)
        return f->name;
    lua_getstack(L, 0, &here);
    lua_getinfo(L, "n", &here);
    return here.name ? here.name : "?";
}

void l_push_place(lua_State *L, bool is_metamethod)
{
    lua_Debug caller;
    bool is_handed_on = is_metamethod && lua_getstack(L, 1, &caller) &&
                        lua_getinfo(L, "S", &caller) && *caller.what == 'C';
    luaL_where(L, is_handed_on ? 2 : 1);
}

/* Pushes the expression that calls a metamethod, as its user has written it. */
static void push_expression(lua_State *L, const char *event, int arg)
{
    static const char *const operators[][2] = {
        {"add", "+"},   {"sub", "-"}, {"mul", "*"}, {"div", "/"},
        {"idiv", "//"}, {"mod", "%"}, {"pow", "^"}, {"concat", ".."},
        {"lt", "<"},    {"le", "<="}, {"eq", "=="}, {NULL, NULL},
    };
    for (int i = 0; operators[i][0]; i++)
        if (strcmp(event, operators[i][0]) == 0) {
            lua_pushfstring(L, "the %s side of %s", arg == 1 ? "left" : "right",
                            operators[i][1]);
            return;
        }
    if (strcmp(event, "unm") == 0)
        lua_pushliteral(L, "the operand of -");
    else if (strcmp(event, "len") == 0)
        lua_pushliteral(L, "the operand of #");
    else if (strcmp(event, "newindex") == 0 && arg == 3)
        lua_pushliteral(L, "the value that is assigned");
    else if (strstr(event, "index") && lua_type(L, 2) == LUA_TSTRING)
        lua_pushfstring(L, "%s", lua_tostring(L, 2));
    else if (strstr(event, "index"))
        lua_pushliteral(L, "[...]");
    else
        lua_pushstring(L, event);
}

/* With a colon, the module is the first argument of a function of its own. */
static bool is_called_on_module(lua_State *L)
{
    return is_method_call(L) && lua_istable(L, 1) &&
           luaL_getmetafield(L, 1, "__name") == LUA_TSTRING &&
           strcmp(lua_tostring(L, -1), "perigee.module") == 0;
}

int l_argument_error(lua_State *L, int arg, const char *text)
{
    const char *event = event_of(L), *name = name_of(L);
    if (is_called_on_module(L))
        return l_error(L, "%s is a function: call it with a dot, not a colon",
                       name);
    l_push_place(L, event != NULL);
    if (!event && is_method_call(L))
        arg--; /* self is not counted */
    if (event) {
        push_expression(L, event, arg);
        lua_pushfstring(L, "%s: %s", lua_tostring(L, -1), text);
        lua_remove(L, -2);
    } else if (arg <= 0) {
        lua_pushfstring(L, "%s: %s", name, text);
    } else {
        lua_pushfstring(L, "bad argument #%d to '%s' (%s)", arg, name, text);
    }
    l_make_printable(L);
    lua_concat(L, 2);
    return lua_error(L);
}

void l_no_more_arguments(lua_State *L, int arg)
{
    const char *name = function_of(L)->name;
    for (int i = arg; i <= lua_gettop(L); i++)
        if (!lua_isnil(L, i))
            l_argument_error(
                L, i,
                lua_pushfstring(
                    L, "no such argument; pg.help \"%s\" shows those there are",
                    name));
}

/* --- self ----------------------------------------------------------------- */

static bool is_self(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TUSERDATA || !lua_getmetatable(L, 1))
        return false;
    bool same = lua_rawequal(L, -1, lua_upvalueindex(METATABLE));
    lua_pop(L, 1);
    return same;
}

static void method_error(lua_State *L)
{
    const char *name = function_of(L)->name;
    const l_class *class = l_class_of(L);
    l_error(L, "%s is %s's method: %s:%s(...), with a colon", name,
            class->owner, class->variable, name);
}

/* An array that is missing: with a dot, the one that is there was meant for the
   first argument, and has become self. */
static void missing_array(lua_State *L, int arg)
{
    if (l_class_of(L) && !is_method_call(L))
        method_error(L);
    l_argument_error(L, arg,
                     lua_pushfstring(L,
                                     "array, number or table expected, got %s",
                                     luaL_typename(L, arg)));
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
    bool is_second; /* the function runs once more */
    int count;      /* arguments */
    pg_scalar scalars[MOST_SCALARS];
} attempt;

/* The function that runs. An error leaves it here when the function is gone:
   whoever reads `attempt` makes sure first that the function is the one that
   Lua is running. */
typedef struct running {
    lua_State *L;
    const void *frame;   /* Lua's, of the call */
    lua_CFunction entry; /* as Lua knows it */
    attempt *attempt;
} running;

static _Thread_local __attribute__((tls_model("initial-exec")))
running this_run;

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
    if (is_running(L, &this_run) && !this_run.attempt->is_second &&
        lua_gc(L, LUA_GCISRUNNING) == 1)
        longjmp(this_run.attempt->without_memory, 1);
}

bool l_is_missing(lua_State *L, int arg)
{
    return lua_isnone(L, arg) ||
           (lua_isnil(L, arg) && is_running(L, &this_run) &&
            arg > this_run.attempt->count);
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

/* After an error the thread goes on listening to this state, until the next
   function runs on it, or until the state ends (interrupt.c). */
int l_run(lua_State *L, lua_CFunction entry, lua_CFunction function)
{
    attempt now;
    const running outer = this_run;
    const pg_interrupt *listened =
        pg_set_interrupt(lua_touserdata(L, lua_upvalueindex(INTERRUPT)));
    now.is_second = false;
    keep_arguments(L, &now);
    this_run = (running){L, frame_of(L), entry, &now};
    if (setjmp(now.without_memory) != 0) {
        now.is_second = true;
        this_run = (running){L, frame_of(L), entry, &now};
        restore_arguments(L, &now);
        lua_gc(L, LUA_GCCOLLECT);
    }
    int results = function(L);
    this_run = outer;
    pg_set_interrupt(listened);
    return results;
}

/* --- calls ---------------------------------------------------------------- */

static int call(lua_State *L)
{
    const l_function *f = function_of(L);
    const l_class *class = l_class_of(L);
    int before = class ? class->before : 0;
    if (class && !is_self(L))
        method_error(L);
    if (f->most != L_ANY)
        l_no_more_arguments(L, before + f->most + 1);
    for (int i = before + 1; i <= before + f->arrays; i++)
        if (lua_isnoneornil(L, i))
            missing_array(L, i);
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
        l_interrupt_push(L);
        if (class) {
            lua_pushlightuserdata(L, (void *)class);
            luaL_getmetatable(L, class->metatable);
        }
        lua_pushcclosure(L, call, class ? METATABLE : INTERRUPT);
        lua_setfield(L, -2, f->name);
    }
}

void l_add_operators(lua_State *L, const l_function *operators)
{
    for (const l_function *f = operators; f->name; f++) {
        lua_pushlightuserdata(L, (void *)f);
        l_interrupt_push(L);
        lua_pushcclosure(L, call_operator, INTERRUPT);
        lua_setfield(L, -2, f->name);
    }
}

void l_add_lookup(lua_State *L, lua_CFunction lookup)
{
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__methods");
    l_interrupt_push(L);
    lua_pushcclosure(L, lookup, INTERRUPT);
    lua_setfield(L, -2, "__index");
}
