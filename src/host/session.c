#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

/* The prompt on a terminal is written in Lua, lua/perigee/repl/loop.lua. It
   is handed a table of what it needs of C, which is listed as a module so that
   tracebacks show where the user's part of them ends. */
#define MODULE "perigee.host"

static lua_State *session; /* whose prompt it is */

/* --- running ----------------------------------------------------------------
 */

/* Results of a call with that status: true and they, or false and the error. */
static int give_results(lua_State *L, int status)
{
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, 1);
    return lua_gettop(L);
}

/* Has room behind the results of a call with that status; where there is none,
   an error stands for them. */
static int make_room(lua_State *L, int status)
{
    if (lua_checkstack(L, LUA_MINSTACK))
        return status;
    lua_settop(L, 0);
    lua_pushliteral(L, "too many results to print");
    return LUA_ERRRUN;
}

/* call(f, ...) -> true, results; or false, message with traceback, of a
   function of the user's. Ctrl-C ends it. A memory error comes without a
   traceback, and finds some memory left: the reserve, which an error on the way
   leaves to the next call. */
static int l_call(lua_State *L)
{
    static void *reserve;
    luaL_checktype(L, 1, LUA_TFUNCTION);
    if (!reserve)
        reserve = malloc(1 << 20);
    host_apart_leave(L);
    int status = make_room(L, host_call(L, lua_gettop(L) - 1, LUA_MULTRET));
    host_apart_enter(L);
    free(reserve);
    reserve = NULL;
    return give_results(L, status);
}

/* try(f, ...): the same of one of the prompt's functions. */
static int l_try(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    int status = host_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return give_results(L, make_room(L, status));
}

/* --- lines ------------------------------------------------------------------
 */

/* read(prompt) -> line; nil at the end of the input; false where Ctrl-C threw
   the line away */
static int l_read(lua_State *L)
{
    const char *line;
    const char *prompt = luaL_checkstring(L, 1);
    host_keep_session(); /* a library may have left SIGINT to the system */
    host_outcome outcome = host_lines_read(prompt, &line);
    if (outcome == HOST_LINE) {
        lua_pushstring(L, line);
    } else if (outcome == HOST_INTERRUPTED) {
        host_apart_forget_hook(); /* one that fails would let nothing run */
        lua_pushboolean(L, false);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

/* is_waiting() -> whether there is input that was not read */
static int l_is_waiting(lua_State *L)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    lua_pushboolean(L, poll(&input, 1, 0) > 0);
    return 1;
}

/* remember(chunk): for the cursor keys, and in the file */
static int l_remember(lua_State *L)
{
    const char *chunk = luaL_checkstring(L, 1);
    host_lines_remember(chunk);
    host_history_add(chunk);
    return 0;
}

/* --- completion -------------------------------------------------------------
 */

/* What all candidates begin with, in whole characters of UTF-8, from malloc. */
static char *common_beginning(char **candidates, size_t n)
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

/* The list on top as readline takes it. Whatever there is no memory for is
   left out. */
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
    list[0] = taken > 0 ? common_beginning(list + 1, taken) : NULL;
    if (!list[0]) {
        for (size_t i = 1; i <= taken; i++)
            free(list[i]);
        free(list);
        return NULL;
    }
    if (taken == 1) { /* the only one stands for itself */
        free(list[1]);
        list[1] = NULL;
    }
    return list;
}

typedef struct question {
    const char *text;
    host_completion *answer;
} question;

/* Protected: asks the function in the registry. */
static int ask(lua_State *L)
{
    const question *q = lua_touserdata(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &session);
    lua_pushstring(L, q->text);
    lua_call(L, 1, 4);
    if (!lua_istable(L, 3))
        return 0;
    lua_Integer first = lua_tointeger(L, 2);
    const char *ending = lua_tostring(L, 4);
    q->answer->first = first > 0 ? (size_t)first - 1 : 0;
    q->answer->ending = ending ? ending[0] : '\0';
    q->answer->are_files = lua_toboolean(L, 5);
    lua_settop(L, 3);
    q->answer->candidates = read_candidates(L);
    return 0;
}

/* Nothing may leave readline by an error. What goes wrong offers nothing.
   Ctrl-C is readline's here; it has not long to wait. */
static void ask_completer(const char *text, host_completion *answer)
{
    question q = {text, answer};
    lua_pushcfunction(session, ask);
    lua_pushlightuserdata(session, &q);
    if (lua_pcall(session, 1, 0, 0) != LUA_OK)
        lua_pop(session, 1);
}

/* complete(f): f(text) -> first, candidates, ending, are_files is asked when
   Tab is pressed */
static int l_complete(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &session);
    host_lines_set_completer(ask_completer);
    return 0;
}

/* --- the session ------------------------------------------------------------
 */

/* Pushes the function that makes one turn; nothing where the library has none.
 */
static bool push_turn(lua_State *L)
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
    if (lua_pcall(L, 1, 1, 0) != LUA_OK)
        return false;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    luaL_newlib(L, functions);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, MODULE);
    lua_remove(L, -2);
    lua_getfield(L, LUA_REGISTRYINDEX, "LUA_NOENV"); /* -E */
    lua_pushboolean(L, !lua_toboolean(L, -1));
    lua_remove(L, -2);
    return lua_pcall(L, 2, 1, 0) == LUA_OK;
}

/* Turns that fail without having read a line would fail for ever. */
enum { MOST_FAILURES = 100 };

bool host_session(lua_State *L)
{
    int failures = 0, turn = lua_gettop(L) + 1;
    session = L;
    host_history_open();
    host_keep_session();
    host_watch_coroutines(L);
    host_apart_open(L);
    if (!push_turn(L)) {
        host_message(lua_tostring(L, -1));
        host_message("perigee was not loaded: this is Lua's own prompt");
        lua_settop(L, turn - 1);
        host_apart_leave(L);
        return false;
    }
    bool goes_on = true;
    while (goes_on && failures < MOST_FAILURES) {
        lua_settop(L, turn);
        lua_pushvalue(L, turn);
        int status = host_report(L, lua_pcall(L, 0, 1, 0));
        failures = status == LUA_OK ? 0 : failures + 1;
        goes_on = status != LUA_OK || lua_toboolean(L, -1);
    }
    lua_settop(L, turn - 1);
    host_lines_leave();
    host_end_session();
    return true;
}
