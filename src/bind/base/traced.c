/* Traced values and the tracer. */
#include "bind/base/traced.h"

#include <lauxlib.h>
#include <string.h>

#include "bind/base/call.h"
#include "bind/base/error.h"
#include "bind/base/function.h"
#include "bind/base/open.h"

/* Their addresses are keys of the registry. */
static const char metatable_key, tracer_key, folder_key;

bool l_is_traced(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    bool is_traced = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_traced;
}

void l_traced_leave(lua_State *L, int index)
{
    if (!l_is_traced(L, index))
        return;
    l_call_trace(L);
    l_error(L, "a traced value can't be used here: pg.detach gives the array "
               "or number behind it");
}

int l_traced_call(lua_State *L, const char *name)
{
    int arguments = lua_gettop(L);
    luaL_checkstack(L, 2, NULL);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &tracer_key);
    lua_pushstring(L, name);
    lua_rotate(L, 1, 2);
    lua_call(L, arguments + 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* True if the function at a level stands in the tracer's folder. */
static bool is_of_tracer(lua_State *L, lua_Debug *ar)
{
    size_t n;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &folder_key);
    const char *folder = lua_tolstring(L, -1, &n);
    bool is = folder && lua_getinfo(L, "S", ar) &&
              strncmp(ar->source, folder, n) == 0;
    lua_pop(L, 1);
    return is;
}

/* The tracer stands between functions of C, which called it or are called by
   it: of those above it, one is skipped with it. */
void l_traced_where(lua_State *L, int level)
{
    lua_Debug ar;
    while (lua_getstack(L, level, &ar) && is_of_tracer(L, &ar)) {
        while (lua_getstack(L, level, &ar) && is_of_tracer(L, &ar))
            level++;
        if (lua_getstack(L, level, &ar) && lua_getinfo(L, "S", &ar) &&
            *ar.what == 'C')
            level++;
    }
    luaL_where(L, level);
}

/* set_tracer(metatable of traced values, tracer) */
static int l_set_tracer(lua_State *L)
{
    enum { METATABLE = 1, FUNCTION };
    lua_Debug ar;
    luaL_checktype(L, METATABLE, LUA_TTABLE);
    luaL_checktype(L, FUNCTION, LUA_TFUNCTION);
    lua_pushvalue(L, FUNCTION);
    lua_getinfo(L, ">S", &ar);
    const char *end = strrchr(ar.source, '/');
    lua_pushlstring(L, ar.source, end ? (size_t)(end - ar.source) + 1 : 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &folder_key);
    lua_settop(L, FUNCTION);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &tracer_key);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
    return 0;
}

static const l_function functions[] = {
    {"set_tracer", l_set_tracer, 0, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_traced(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
