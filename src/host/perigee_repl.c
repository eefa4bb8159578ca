/* The REPL on a terminal: lua/perigee/repl/loop.lua, and the functions that it
   needs of C. */
#include "host/perigee_repl.h"

#include <lauxlib.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/call.h"
#include "host/coroutine.h"
#include "host/interrupt.h"
#include "host/isolation.h"
#include "host/line_editor.h"
#include "host/history.h"

static lua_State *session;       /* the state that the prompt runs in */
static const char completer_key; /* in the registry: a function */

/* --- calls ---------------------------------------------------------------- */

/* Inserts true before a call's results, or false before its error, and leaves
   free stack. An error replaces the results where they leave none. */
static int return_results(lua_State *L, int status)
{
    if (!lua_checkstack(L, LUA_MINSTACK + 1)) {
        lua_settop(L, 0);
        lua_pushliteral(L, "too many results to print");
        status = LUA_ERRRUN;
    }
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, 1);
    return lua_gettop(L);
}

/* call(f, ...) -> true, results; or false, message with traceback. Calls one of
   the user's functions; Ctrl-C interrupts it. A megabyte is reserved while f
   runs, and free for what handles an error of memory. */
static int l_call(lua_State *L)
{
    static void *reserve;
    luaL_checktype(L, 1, LUA_TFUNCTION);
    if (!reserve)
        reserve = malloc(1 << 20);
    host_isolation_leave(L);
    int status = host_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    int n = return_results(L, status);
    host_isolation_enter(L);
    free(reserve);
    reserve = NULL;
    return n;
}

/* try(f, ...) -> the same. Calls one of the prompt's functions. */
static int l_try(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    int status = host_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return return_results(L, status);
}

/* --- lines ---------------------------------------------------------------- */

/* read(prompt) -> line; nil at the end of the input; false where Ctrl-C has
   discarded the line */
static int l_read(lua_State *L)
{
    const char *line;
    const char *prompt = luaL_checkstring(L, 1);
    host_keep_session(); /* a library may have reset SIGINT's handler */
    host_outcome outcome = host_editor_read(prompt, &line);
    if (outcome == HOST_LINE) {
        lua_pushstring(L, line);
    } else if (outcome == HOST_INTERRUPTED) {
        host_isolation_drop_hook(); /* one that fails would let nothing run */
        lua_pushboolean(L, false);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

/* is_waiting() -> true if there is input that was not read */
static int l_is_waiting(lua_State *L)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    lua_pushboolean(L, poll(&input, 1, 0) > 0);
    return 1;
}

/* remember(chunk): adds it to the history of the cursor keys and of the file */
static int l_remember(lua_State *L)
{
    const char *chunk = luaL_checkstring(L, 1);
    host_editor_remember(chunk);
    host_history_add(chunk);
    return 0;
}

/* --- completion ----------------------------------------------------------- */

/* The longest prefix of all candidates, in whole characters of UTF-8, from
   malloc. */
static char *common_prefix(char **candidates, size_t n)
{
    size_t length = strlen(candidates[0]);
    for (size_t i = 1; i < n; i++) {
        size_t same = 0;
        while (same < length && candidates[i][same] == candidates[0][same])
            same++;
        length = same;
    }
    while (length > 0 && (candidates[0][length] & 0xc0) == 0x80)
        length--;
    return strndup(candidates[0], length);
}

/* The list on top as host_completion's candidates, from malloc; NULL for none.
   Candidates that get no memory are left out. */
static char **read_candidates(lua_State *L)
{
    size_t n = lua_rawlen(L, -1), taken = 0;
    char **list = n > 0 ? calloc(n + 2, sizeof *list) : NULL;
    if (!list)
        return NULL;
    for (size_t i = 1; i <= n; i++) {
        if (lua_rawgeti(L, -1, (lua_Integer)i) == LUA_TSTRING)
            list[taken + 1] = strdup(lua_tostring(L, -1));
        taken += list[taken + 1] != NULL;
        lua_pop(L, 1);
    }
    if (taken > 1) {
        list[0] = common_prefix(list + 1, taken);
    } else { /* one is its own prefix */
        list[0] = list[1];
        list[1] = NULL;
    }
    if (list[0])
        return list;
    for (size_t i = 1; i <= taken; i++)
        free(list[i]);
    free(list);
    return NULL;
}

/* Called protected: calls the function in the registry with the text at 1, and
   fills in the completion at 2. */
static int call_completer(lua_State *L)
{
    enum { TEXT = 1, COMPLETION, FIRST, CANDIDATES, ENDING, ARE_FILES };
    host_completion *completion = lua_touserdata(L, COMPLETION);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &completer_key);
    lua_pushstring(L, lua_touserdata(L, TEXT));
    lua_call(L, 1, 4);
    if (!lua_istable(L, CANDIDATES))
        return 0;
    lua_Integer first = lua_tointeger(L, FIRST);
    const char *ending = lua_tostring(L, ENDING);
    completion->first = first > 0 ? (size_t)first - 1 : 0;
    completion->ending = ending ? ending[0] : '\0';
    completion->are_files = lua_toboolean(L, ARE_FILES);
    lua_settop(L, CANDIDATES);
    completion->candidates = read_candidates(L);
    return 0;
}

/* The editor's completer. An error must not leave readline, and gives no
   candidates. readline handles Ctrl-C once this has returned. */
static void complete(const char *text, host_completion *completion)
{
    lua_pushcfunction(session, call_completer);
    lua_pushlightuserdata(session, (void *)text);
    lua_pushlightuserdata(session, completion);
    if (lua_pcall(session, 2, 0, 0) != LUA_OK)
        lua_pop(session, 1);
}

/* complete(f): calls f(text) -> first, candidates, ending, are_files at Tab */
static int l_complete(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &completer_key);
    host_editor_set_completer(complete);
    return 0;
}

/* --- the loop ------------------------------------------------------------- */

/* Pushes the library's function that reads and runs one chunk, or an error.
   Returns lua_pcall's status. The C functions are listed as a module's:
   tracebacks name them then, and error_report.lua finds the border between the
   user's frames and the prompt's. */
static int push_turn(lua_State *L)
{
    static const luaL_Reg functions[] = {{"call", l_call},
                                         {"try", l_try},
                                         {"read", l_read},
                                         {"is_waiting", l_is_waiting},
                                         {"remember", l_remember},
                                         {"complete", l_complete},
                                         {NULL, NULL}};
    lua_getglobal(L, "require");
    lua_pushliteral(L, "perigee.repl.loop");
    int status = lua_pcall(L, 1, 1, 0);
    if (status != LUA_OK)
        return status;
    luaL_newlib(L, functions);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "perigee.host");
    lua_pop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "LUA_NOENV"); /* -E */
    lua_pushboolean(L, !lua_toboolean(L, -1));
    lua_remove(L, -2);
    return lua_pcall(L, 2, 1, 0);
}

/* Failed turns in a row: one that fails before it reads a line may fail for
   ever. */
enum { MOST_FAILURES = 100 };

bool host_perigee_repl(lua_State *L)
{
    int failures = 0, turn = lua_gettop(L) + 1;
    session = L;
    host_history_open();
    host_keep_session();
    host_watch_coroutines(L);
    host_isolation_open(L);
    if (host_report(L, push_turn(L)) != LUA_OK) {
        host_message("perigee was not loaded: this is Lua's own prompt");
        lua_settop(L, turn - 1);
        host_isolation_leave(L);
        return false;
    }
    bool goes_on = true;
    while (goes_on && failures < MOST_FAILURES) {
        lua_settop(L, turn);
        lua_pushvalue(L, turn);
        bool failed = host_report(L, lua_pcall(L, 0, 1, 0)) != LUA_OK;
        failures = failed ? failures + 1 : 0;
        goes_on = failed || lua_toboolean(L, -1);
    }
    lua_settop(L, turn - 1);
    host_editor_end_line();
    host_end_session();
    return true;
}
