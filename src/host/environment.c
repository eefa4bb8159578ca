/* The environment of the library's own files, a copy of Lua's globals: without
   it, `table = {1, 2}` at the prompt would break the library, and the prompt
   with it.

   The copy is made before anything runs, and has the functions and tables of
   the standard library; its _G is the globals. Everything else is looked up in
   the globals, and so are `print` and the streams of `io`: the library's output
   goes where the user's goes. */
#include "host/environment.h"

#include <lauxlib.h>
#include <lualib.h>

#include "core/base/status.h"

/* Pushes a copy of the table on top. Fields that it lacks are looked up in the
   original. */
static void push_copy(lua_State *L)
{
    int original = lua_gettop(L), copy = original + 1;
    pg_assert(lua_istable(L, original));
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, original); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, copy);
    }
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, original);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, copy);
}

/* Removes fields from the table on top; the names end with NULL. */
static void remove_fields(lua_State *L, const char *const *names)
{
    for (const char *const *name = names; *name; name++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *name);
    }
}

void host_push_environment(lua_State *L)
{
    static const char *const libraries[] = {
        LUA_COLIBNAME,   LUA_TABLIBNAME, LUA_IOLIBNAME,
        LUA_OSLIBNAME,   LUA_STRLIBNAME, LUA_UTF8LIBNAME,
        LUA_MATHLIBNAME, LUA_DBLIBNAME,  NULL};
    static const char *const shared[] = {"print", LUA_LOADLIBNAME, NULL};
    static const char *const streams[] = {"stdin", "stdout", "stderr", NULL};
    lua_pushglobaltable(L);
    push_copy(L);
    for (const char *const *name = libraries; *name; name++) {
        lua_getfield(L, -1, *name);
        push_copy(L);
        lua_setfield(L, -3, *name);
        lua_pop(L, 1);
    }
    remove_fields(L, shared);
    lua_getfield(L, -1, LUA_IOLIBNAME);
    remove_fields(L, streams);
    lua_pop(L, 1);
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__newindex");
    lua_pop(L, 1);
    lua_remove(L, -2); /* the globals */
}
