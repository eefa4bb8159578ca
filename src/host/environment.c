#include <string.h>

#include "host.h"

/* At a prompt, `table = { 1, 2 }` is easily typed. The library's own files read
   Lua's functions from a copy that was made before anything ran, so that they,
   and the prompt with them, go on working; their _G is the globals, whatever
   the user's is. All other globals are the user's, `print` among them, and so
   are the streams in `io`: what the library writes goes where the user's own
   output goes.
 */
static const char *const shared[] = {"print", "arg", "package", NULL};
static const char *const streams[] = {"stdin", "stdout", "stderr", NULL};

static bool is_shared(const char *name)
{
    for (const char *const *s = shared; *s; s++)
        if (strcmp(*s, name) == 0)
            return true;
    return false;
}

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

/* Takes what is shared out of the table on top, and copies the tables in it:
   the libraries. The globals are below it. */
static void separate(lua_State *L)
{
    int globals = lua_absindex(L, -2);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (is_shared(lua_tostring(L, -2))) {
            lua_pop(L, 1);
            lua_pushnil(L);
        } else if (lua_istable(L, -1) && !lua_rawequal(L, -1, globals)) {
            copy_fields(L, -1);
            lua_remove(L, -2);
        }
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4); /* a field that is there may be set meanwhile */
    }
}

/* Has the table on top take what it lacks from the table at index. */
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

/* Has the copy of `io` in the table on top look its streams up in the globals'
   `io`. The globals are below it. */
static void share_streams(lua_State *L)
{
    lua_getfield(L, -2, "io");
    lua_getfield(L, -2, "io");
    for (const char *const *s = streams; *s; s++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *s);
    }
    inherit(L, -2, false);
    lua_pop(L, 2);
}

void host_push_environment(lua_State *L)
{
    lua_pushglobaltable(L);
    copy_fields(L, -1);
    separate(L);
    share_streams(L);
    inherit(L, -2, true);
    lua_remove(L, -2);
}
