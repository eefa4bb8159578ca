/* Public functions, methods and metamethods. */
#include "bind/base/function.h"

#include "bind/base/argument_error.h"
#include "bind/base/error.h"
#include "bind/base/interrupt.h"
#include "bind/base/traced.h"

void l_no_more_arguments(lua_State *L, int arg)
{
    const char *name = l_call_function(L)->name;
    for (int i = arg; i <= lua_gettop(L); i++)
        if (!lua_isnil(L, i))
            l_argument_error(
                L, i,
                lua_pushfstring(
                    L, "no such argument; pg.help \"%s\" shows those there are",
                    name));
}

/* --- calls ---------------------------------------------------------------- */

static bool is_self(lua_State *L, const l_class *class)
{
    if (class->is_instance)
        return class->is_instance(L, 1);
    if (lua_type(L, 1) != LUA_TUSERDATA || !lua_getmetatable(L, 1))
        return false;
    bool same = lua_rawequal(L, -1, lua_upvalueindex(L_UPVALUE_METATABLE));
    lua_pop(L, 1);
    return same;
}

static void method_error(lua_State *L)
{
    const char *name = l_call_function(L)->name;
    const l_class *class = l_call_class(L);
    l_error(L, "%s is %s's method: %s:%s(...), with a colon", name,
            class->owner, class->variable, name);
}

/* A method that was called with a dot has its first argument as self, and lacks
   its last. */
static void missing_array(lua_State *L, int arg)
{
    if (l_call_class(L) && !l_is_method_call(L))
        method_error(L);
    l_argument_error(L, arg,
                     lua_pushfstring(L,
                                     "array, number or table expected, got %s",
                                     luaL_typename(L, arg)));
}

static int call(lua_State *L)
{
    const l_function *f = l_call_function(L);
    const l_class *class = l_call_class(L);
    int before = class ? class->before : 0;
    if (class && !is_self(L, class)) {
        if (l_is_traced(L, 1))
            return l_traced_call(L, f->name);
        method_error(L);
    }
    if (f->most != L_ANY)
        l_no_more_arguments(L, before + f->most + 1);
    for (int i = before + 1; i <= before + f->arrays; i++)
        if (lua_isnoneornil(L, i))
            missing_array(L, i);
    return l_call_run(L, call, f->function);
}

static int call_operator(lua_State *L)
{
    return l_call_run(L, call_operator, l_call_function(L)->function);
}

/* --- __index -------------------------------------------------------------- */

enum { SELF = 1, KEY }; /* the arguments of __index */

bool l_push_method(lua_State *L)
{
    lua_pushvalue(L, KEY);
    if (lua_rawget(L, lua_upvalueindex(L_UPVALUE_METHODS)) != LUA_TNIL)
        return true;
    lua_pop(L, 1);
    return false;
}

int l_no_field_error(lua_State *L)
{
    if (luaL_getmetafield(L, SELF, "__no_field") == LUA_TNIL)
        return l_error(L, "there is no field '%s'", l_tolstring(L, KEY));
    lua_pushvalue(L, SELF);
    lua_pushvalue(L, KEY);
    lua_call(L, 2, 1);
    return l_error(L, "%s", luaL_tolstring(L, -1, NULL));
}

/* --- additions ------------------------------------------------------------ */

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
        lua_pushcclosure(L, call,
                         class ? L_UPVALUE_METATABLE : L_UPVALUE_INTERRUPT);
        lua_setfield(L, -2, f->name);
    }
}

void l_add_operators(lua_State *L, const l_function *operators)
{
    for (const l_function *f = operators; f->name; f++) {
        lua_pushlightuserdata(L, (void *)f);
        l_interrupt_push(L);
        lua_pushcclosure(L, call_operator, L_UPVALUE_INTERRUPT);
        lua_setfield(L, -2, f->name);
    }
}

void l_add_lookup(lua_State *L, lua_CFunction lookup)
{
    lua_getfield(L, -1, "__methods");
    l_interrupt_push(L);
    lua_pushcclosure(L, lookup, L_UPVALUE_INTERRUPT);
    lua_setfield(L, -2, "__index");
}
