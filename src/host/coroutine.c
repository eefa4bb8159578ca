/* The list of coroutines that run, and the functions that keep it: Lua's
   coroutine.close, resume and wrap (section 6.2 of the Lua 5.4 manual).

   Lua does not tell a signal handler which coroutine runs, and a hook on
   another one does nothing. */
#include "host/coroutine.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct running {
    lua_State *thread;
    struct running *outer; /* resumed it; NULL for the main thread */
} running;

static running *volatile innermost;

void host_each_running(void (*f)(lua_State *L))
{
    for (const running *r = innermost; r; r = r->outer)
        f(r->thread);
}

/* Adds a thread to the list; `innermost = here->outer` removes it. */
static void enter(running *here, lua_State *thread)
{
    *here = (running){thread, innermost};
    atomic_signal_fence(memory_order_release); /* whole before it is seen */
    innermost = here;
}

/* Resumes with the narg arguments on top of L. Returns the number of results
   that replace them; -1 for one error. */
static int resume(lua_State *L, lua_State *thread, int narg)
{
    int nres;
    running here;
    if (!lua_checkstack(thread, narg)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, thread, narg);
    enter(&here, thread);
    int status = lua_resume(thread, L, narg, &nres);
    innermost = here.outer;
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(thread, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, nres + 1)) {
        lua_pop(thread, nres);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(thread, L, nres);
    return nres;
}

/* coroutine.resume(co, ...) -> true, results or false, error */
static int co_resume(lua_State *L)
{
    lua_State *thread = lua_tothread(L, 1);
    luaL_argexpected(L, thread, 1, "coroutine");
    int nres = resume(L, thread, lua_gettop(L) - 1);
    lua_pushboolean(L, nres >= 0);
    if (nres < 0)
        nres = 1;
    lua_insert(L, -(nres + 1));
    return nres + 1;
}

/* Closes a thread, whose __close metamethods may run. Returns its status. */
static int close_thread(lua_State *thread)
{
    running here;
    enter(&here, thread);
    int status = lua_resetthread(thread);
    innermost = here.outer;
    return status;
}

/* coroutine.close(co) -> true; or false, error */
static int co_close(lua_State *L)
{
    lua_Debug frame;
    lua_State *thread = lua_tothread(L, 1);
    luaL_argexpected(L, thread, 1, "coroutine");
    if (thread == L)
        return luaL_error(L, "cannot close a running coroutine");
    if (lua_status(thread) == LUA_OK && lua_getstack(thread, 0, &frame))
        return luaL_error(L, "cannot close a normal coroutine");
    bool is_closed = close_thread(thread) == LUA_OK;
    lua_pushboolean(L, is_closed);
    if (is_closed)
        return 1;
    lua_xmove(thread, L, 1);
    return 2;
}

/* The function that coroutine.wrap returns. Closes a coroutine that failed, and
   raises its error. */
static int call_wrapped(lua_State *L)
{
    lua_State *thread = lua_tothread(L, lua_upvalueindex(1));
    int nres = resume(L, thread, lua_gettop(L));
    if (nres >= 0)
        return nres;
    int status = lua_status(thread);
    if (status != LUA_OK && status != LUA_YIELD) {
        status = close_thread(thread);
        lua_xmove(thread, L, 1); /* the error that closing gave */
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/* coroutine.wrap(f) -> function */
static int co_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *thread = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, thread, 1);
    lua_pushcclosure(L, call_wrapped, 1);
    return 1;
}

void host_watch_coroutines(lua_State *L)
{
    static const luaL_Reg functions[] = {{"close", co_close},
                                         {"resume", co_resume},
                                         {"wrap", co_wrap},
                                         {NULL, NULL}};
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (lua_getfield(L, -1, LUA_COLIBNAME) == LUA_TTABLE)
        luaL_setfuncs(L, functions, 0);
    lua_pop(L, 2);
}
