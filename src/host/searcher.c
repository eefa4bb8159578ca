/* A searcher of `require`: finds the library's modules from the folder that the
   program is in. */
#include "host/searcher.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "host/environment.h"

#define VERSION LUA_VERSION_MAJOR "." LUA_VERSION_MINOR

/* Templates as in package.path; "!" is the program's folder: a checkout's
   build/, another build's folder below that, or an installation's bin/. The
   module is one shared object, with a luaopen_ function for each part, as for
   Lua's all-in-one loader; perigee_mpi, which is optional, is another. */
static const char lua_path[] =
    "!/../lua/?.lua;!/../lua/?/init.lua;"
    "!/../../lua/?.lua;!/../../lua/?/init.lua;"
    "!/../share/lua/" VERSION "/?.lua;!/../share/lua/" VERSION "/?/init.lua";

static const char object_path[] = "!/?.so;!/../lib/lua/" VERSION "/?.so";

/* The searcher's upvalues. */
enum {
    SEARCHPATH = 1,
    LOADLIB,
    LUA_PATH,
    OBJECT_PATH,
    ENVIRONMENT,
    UPVALUES = ENVIRONMENT
};

/* Pushes the file that package.searchpath(name, path) finds; where it finds
   none, pushes the text of the files that were tried, and returns false. */
static bool search(lua_State *L, const char *name, int path)
{
    lua_pushvalue(L, lua_upvalueindex(SEARCHPATH));
    lua_pushstring(L, name);
    lua_pushvalue(L, lua_upvalueindex(path));
    lua_call(L, 2, 2);
    bool found = lua_isstring(L, -2);
    if (found)
        lua_pop(L, 1);
    else
        lua_remove(L, -2);
    return found;
}

/* Pushes the chunk in the file on top, and the file, without links and "..":
   tracebacks show it. */
static int load_lua(lua_State *L, const char *name)
{
    char real[PATH_MAX];
    if (realpath(lua_tostring(L, -1), real)) {
        lua_pushstring(L, real);
        lua_replace(L, -2);
    }
    const char *file = lua_tostring(L, -1);
    if (luaL_loadfile(L, file) != LUA_OK)
        return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s",
                          name, file, lua_tostring(L, -1));
    lua_pushvalue(L, lua_upvalueindex(ENVIRONMENT));
    lua_setupvalue(L, -2, 1);
    lua_insert(L, -2);
    return 2;
}

/* Pushes the module's luaopen_ function in the object file on top, and the
   file; where it has none, a text that says so. */
static int load_object(lua_State *L, const char *name)
{
    const char *file = lua_tostring(L, -1);
    lua_pushvalue(L, lua_upvalueindex(LOADLIB));
    lua_pushstring(L, file);
    lua_pushfstring(L, "luaopen_%s", luaL_gsub(L, name, ".", "_"));
    lua_remove(L, -2);
    lua_call(L, 2, 2);
    if (!lua_isfunction(L, -2)) {
        lua_pushfstring(L, "no module '%s' in file '%s': %s", name, file,
                        lua_tostring(L, -1));
        return 1;
    }
    lua_pop(L, 1);
    lua_pushstring(L, file);
    return 2;
}

/* require calls it. Returns a loader and its file, or the text of the files
   that were tried; nothing for a module that is not the library's. */
static int searcher(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    bool is_mpi = strcmp(name, "perigee_mpi") == 0;
    if (!is_mpi && strcmp(name, "perigee") != 0 &&
        strncmp(name, "perigee.", 8) != 0)
        return 0;
    if (search(L, name, LUA_PATH))
        return load_lua(L, name);
    if (search(L, is_mpi ? name : "perigee", OBJECT_PATH))
        return load_object(L, name);
    lua_pushliteral(L, "\n\t");
    lua_insert(L, -2);
    lua_concat(L, 3);
    return 1;
}

void host_add_searcher(lua_State *L)
{
    char folder[PATH_MAX] = ""; /* the program's */
    bool is_known = realpath("/proc/self/exe", folder) != NULL;
    char *slash = is_known ? strrchr(folder, '/') : NULL;
    if (slash)
        *slash = '\0';
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    for (lua_Integer i = luaL_len(L, -1); i >= 2; i--) {
        lua_geti(L, -1, i);
        lua_seti(L, -2, i + 1);
    }
    lua_getfield(L, -2, "searchpath");
    lua_getfield(L, -3, "loadlib");
    luaL_gsub(L, slash ? lua_path : "", "!", folder);
    luaL_gsub(L, slash ? object_path : "", "!", folder);
    host_push_environment(L);
    lua_pushcclosure(L, searcher, UPVALUES);
    lua_seti(L, -2, 2);
    lua_pop(L, 2);
}
