/* Calls of the user's functions, and fields that have another value during one.
 */
#include <lauxlib.h>
#include <math.h>
#include <time.h>

#include "bind/base/arguments.h"
#include "bind/base/function.h"
#include "bind/base/open.h"
#include "core/base/process.h"

/* call(f, ...) -> the results of f. If f ends in a tail call, its caller in a
   traceback is this function, not a line of the library, which an error would
   name. f cannot yield: a coroutine that is never resumed would keep the holds
   that are open while f runs. */
static int l_user_call(lua_State *L)
{
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* --- fields --------------------------------------------------------------- */

#define L_FIELD_HOLD "perigee.field_hold"

/* The user values of a hold. */
enum { TABLE = 1, KEY, VALUE, HOLD_VALUES = VALUE };

/* __close: sets the field to what it was. Not in Lua, where a second Ctrl-C may
   come in between. */
static int l_user_end_hold(lua_State *L)
{
    enum { HOLD = 1 };
    lua_settop(L, HOLD);
    lua_getiuservalue(L, HOLD, TABLE);
    lua_getiuservalue(L, HOLD, KEY);
    lua_getiuservalue(L, HOLD, VALUE);
    lua_rawset(L, -3);
    return 0;
}

/* hold_field(table, key) -> a value; its end sets the field to what it is
   now */
static int l_user_hold_field(lua_State *L)
{
    enum { HOLDER = 3 };
    l_type_check(L, TABLE, LUA_TTABLE);
    lua_settop(L, KEY);
    lua_newuserdatauv(L, 0, HOLD_VALUES);
    lua_pushvalue(L, TABLE);
    lua_setiuservalue(L, HOLDER, TABLE);
    lua_pushvalue(L, KEY);
    lua_setiuservalue(L, HOLDER, KEY);
    lua_pushvalue(L, KEY);
    lua_rawget(L, TABLE);
    lua_setiuservalue(L, HOLDER, VALUE);
    luaL_setmetatable(L, L_FIELD_HOLD);
    return 1;
}

/* --- a call with a limit -------------------------------------------------- */

enum { INSTRUCTIONS = 10000 }; /* between two looks at the clock */

/* The limit of the call that runs. */
static _Thread_local struct {
    struct timespec end;
    uint64_t signals; /* of Ctrl-C, before the call */
} limit;

/* The hook of the call's thread, which coroutines made by the call inherit.
   Once the time is over, each instruction raises the error, so nothing catches
   it for good. */
static void check_limit(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    bool is_late =
        now.tv_sec > limit.end.tv_sec ||
        (now.tv_sec == limit.end.tv_sec && now.tv_nsec > limit.end.tv_nsec);
    if (!is_late && pg_sigint_count() <= limit.signals)
        return;
    lua_sethook(L, check_limit, LUA_MASKCOUNT, 1);
    luaL_error(L, "its time is over");
}

/* call_until(seconds, f) -> the first result of f; nil if its time ended first,
   Ctrl-C came, or f yielded */
static int l_user_call_until(lua_State *L)
{
    enum { SECONDS = 1, FUNCTION };
    double seconds = l_number_check(L, SECONDS);
    l_type_check(L, FUNCTION, LUA_TFUNCTION);
    lua_settop(L, FUNCTION);
    clock_gettime(CLOCK_MONOTONIC, &limit.end);
    limit.end.tv_sec += (time_t)seconds;
    limit.end.tv_nsec += (long)((seconds - floor(seconds)) * 1e9);
    if (limit.end.tv_nsec >= 1000000000) {
        limit.end.tv_sec++;
        limit.end.tv_nsec -= 1000000000;
    }
    limit.signals = pg_sigint_count();
    lua_State *thread = lua_newthread(L);
    lua_sethook(thread, check_limit, LUA_MASKCOUNT, INSTRUCTIONS);
    lua_pushvalue(L, FUNCTION);
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
    {"hold_field", l_user_hold_field, 2, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_user_call(lua_State *L)
{
    luaL_newmetatable(L, L_FIELD_HOLD);
    lua_pushcfunction(L, l_user_end_hold);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
    l_add_functions(L, functions, NULL);
}
