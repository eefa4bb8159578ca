/* Protected calls with a traceback; messages on stderr. */
#include "host/call.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "core/base/printable.h"
#include "core/base/status.h"
#include "host/interrupt.h"

static const char *program_name;

void host_set_name(const char *name)
{
    program_name = name;
}

/* Writes as seldom as possible: a reader may take each write for a message. */
void host_message(const char *message)
{
    char text[4096];
    size_t used = 0;
    if (program_name)
        fprintf(stderr, "%s: ", program_name);
    for (size_t n; *message; message += n) {
        bool is_shown = pg_is_printable(message, &n) || *message == '\n' ||
                        *message == '\t';
        if (used + n + 2 > sizeof text) {
            fprintf(stderr, "%.*s", (int)used, text);
            used = 0;
        }
        memcpy(text + used, is_shown ? message : "?", is_shown ? n : 1);
        used += is_shown ? n : 1;
    }
    fprintf(stderr, "%.*s\n", (int)used, text);
    fflush(stderr);
}

/* --- calls ---------------------------------------------------------------- */

/* The message handler of protected calls. An error object that is no text
   becomes its __tostring's, without a traceback, or a text with its type. */
static int add_traceback(lua_State *L)
{
    const char *message = lua_tostring(L, 1);
    if (!message) {
        if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING)
            return 1;
        message = lua_pushfstring(L, "(error object is a %s value)",
                                  luaL_typename(L, 1));
    }
    luaL_traceback(L, L, message, 1);
    return 1;
}

int host_call(lua_State *L, int narg, int nres)
{
    int function = lua_gettop(L) - narg;
    pg_assert(function > 0);
    lua_pushcfunction(L, add_traceback);
    lua_insert(L, function);
    bool is_nested = host_begin_interrupts(L);
    int status = lua_pcall(L, narg, nres, function);
    host_end_interrupts(is_nested);
    lua_remove(L, function);
    return status;
}

/* A rank of an MPI job has its number in the registry (mpi/module.c). */
int host_report(lua_State *L, int status)
{
    if (status == LUA_OK)
        return status;
    int top = lua_gettop(L);
    const char *message = lua_tostring(L, -1);
    if (!message)
        message = "(null)";
    if (lua_getfield(L, LUA_REGISTRYINDEX, "perigee.rank") == LUA_TNUMBER)
        message = lua_pushfstring(L, "rank %d: %s", (int)lua_tointeger(L, -1),
                                  message);
    host_message(message);
    lua_settop(L, top - 1);
    return status;
}

static int run_loaded(lua_State *L, int status)
{
    if (status == LUA_OK)
        status = host_call(L, 0, 0);
    return host_report(L, status);
}

int host_run_file(lua_State *L, const char *path)
{
    return run_loaded(L, luaL_loadfile(L, path));
}

int host_run_text(lua_State *L, const char *text, const char *chunkname)
{
    return run_loaded(L, luaL_loadbuffer(L, text, strlen(text), chunkname));
}
