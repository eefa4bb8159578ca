/* Traced values and the tracer. */
#include "bind/base/traced.h"

#include <lauxlib.h>
#include <string.h>

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

void l_traced_set(lua_State *L)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, &folder_key);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &tracer_key);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}
