/* Public functions and methods: their arguments are counted before they run. */
#include "bind.h"

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
    return f->function(L);
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
        lua_pushcclosure(L, f->function, FUNCTION);
        lua_setfield(L, -2, f->name);
    }
}
