/* The environment of the library's own files, a copy of Lua's globals: without
   it, `table = {1, 2}` at the prompt would break the library, and the prompt
   with it.

   The copy is made before anything runs, and has the functions and tables of
   the standard library; its _G is the globals. Everything else is looked up in
   the globals, and so are `print` and the streams of `io`: the library's output
   goes where the user's goes. */
#include "host/environment.h"

#include <lauxlib.h>
#include <stdbool.h>

static const char *const shared[] = {"print", "arg", "package", NULL};
static const char *const streams[] = {"stdin", "stdout", "stderr", NULL};

/* Copies the fields of the table at index to a new one, on top. */
static void copy_fields(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
}

/* Sets the fields of the table on top to nil. */
static void clear_fields(lua_State *L, const char *const *names)
{
    for (const char *const *name = names; *name; name++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *name);
    }
}

/* Replaces the tables in the table on top, but for the globals below it, by
   copies: the libraries. */
static void copy_libraries(lua_State *L)
{
    int globals = lua_absindex(L, -2);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (!lua_istable(L, -1) || lua_rawequal(L, -1, globals)) {
            lua_pop(L, 1);
            continue;
        }
        copy_fields(L, -1);
        lua_pushvalue(L, -3);
        lua_insert(L, -2);
        lua_rawset(L, -5); /* lua_next allows it: the field exists */
        lua_pop(L, 1);
    }
}

/* Lets the table on top inherit its missing fields from the table at index. */
static void inherit(lua_State *L, int index, bool writes_too)
{
    index = lua_absindex(L, index);
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, index);
    lua_setfield(L, -2, "__index");
    if (writes_too) {
        lua_pushvalue(L, index);
        lua_setfield(L, -2, "__newindex");
    }
    lua_setmetatable(L, -2);
}

void host_push_environment(lua_State *L)
{
    lua_pushglobaltable(L);
    copy_fields(L, -1);
    clear_fields(L, shared);
    copy_libraries(L);
    lua_getfield(L, -2, "io");
    lua_getfield(L, -2, "io");
    clear_fields(L, streams);
    inherit(L, -2, false);
    lua_pop(L, 2);
    inherit(L, -2, true);
    lua_remove(L, -2);
}
