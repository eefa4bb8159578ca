/* Calls of the user's functions. */
#include <lauxlib.h>
#include <math.h>
#include <time.h>

#include "bind/base/arguments.h"
#include "bind/base/function.h"
#include "bind/base/open.h"
#include "core/base/process.h"

/* call(f, ...): what f returns. A function of the user's that ends in a tail
   call is called by this one then, and not by a line of the library, which an
   error would name. It cannot yield: what is held while it runs would be held
   by a coroutine that nobody resumes. */
static int l_user_call(lua_State *L)
{
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* --- a call with a limit -------------------------------------------------- */

enum { INSTRUCTIONS = 10000 }; /* between two looks at the clock */

static _Thread_local struct {
    struct timespec end;
    uint64_t signals;
} limit;

static bool is_over(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return pg_sigint_count() > limit.signals || now.tv_sec > limit.end.tv_sec ||
           (now.tv_sec == limit.end.tv_sec && now.tv_nsec > limit.end.tv_nsec);
}

/* Coroutines that are made meanwhile have it, too. Once the time is over, each
   instruction raises the error, whatever catches it. */
static void end_call(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    if (!is_over())
        return;
    lua_sethook(L, end_call, LUA_MASKCOUNT, 1);
    luaL_error(L, "its time is over");
}

/* call_until(seconds, f) -> what f returns, one value; nil where its time was
   over before, Ctrl-C came, or it has yielded. */
static int l_user_call_until(lua_State *L)
{
    double seconds = l_number_check(L, 1);
    l_type_check(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    clock_gettime(CLOCK_MONOTONIC, &limit.end);
    limit.end.tv_sec += (time_t)seconds;
    limit.end.tv_nsec += (long)((seconds - floor(seconds)) * 1e9);
    if (limit.end.tv_nsec >= 1000000000) {
        limit.end.tv_sec++;
        limit.end.tv_nsec -= 1000000000;
    }
    limit.signals = pg_sigint_count();
    lua_State *thread = lua_newthread(L);
    lua_sethook(thread, end_call, LUA_MASKCOUNT, INSTRUCTIONS);
    lua_pushvalue(L, 2);
    lua_xmove(L, thread, 1);
    int results;
    bool is_done = lua_resume(thread, L, 0, &results) == LUA_OK;
    lua_sethook(thread, NULL, 0, 0);
    if (is_done && results > 0) {
        lua_settop(thread, lua_gettop(thread) - results + 1);
        lua_xmove(thread, L, 1);
    } else {
        lua_pushnil(L);
    }
    lua_resetthread(thread);
    return 1;
}

static const l_function functions[] = {
    {"call", l_user_call, 1, L_ANY, 0},
    {"call_until", l_user_call_until, 2, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_user_call(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
