/* Ctrl-C while the core computes. */
#include "bind/base/interrupt.h"

#include <string.h>

#include <lualib.h>

#include "bind/base/error.h"
#include "bind/base/open.h"
#include "core/base/interrupt.h"

static const char interrupts_key; /* its address is the key in the registry */

/* Userdata, one for each Lua state. */
typedef struct l_interrupts {
    pg_interrupt interrupt; /* first: the core has its address */
    lua_State *main;
    lua_Hook debugger; /* debug.sethook's, which is not Ctrl-C's */
} l_interrupts;

enum {
    EVERY_EVENT = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT
};

/* Only reads the state: the pool's threads call it, too. */
static bool is_interrupted(const pg_interrupt *interrupt)
{
    const l_interrupts *i = (const l_interrupts *)interrupt;
    return lua_gethookmask(i->main) == EVERY_EVENT &&
           lua_gethookcount(i->main) == 1 &&
           lua_gethook(i->main) != i->debugger;
}

static lua_State *main_of(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    lua_State *main = lua_tothread(L, -1);
    lua_pop(L, 1);
    return main;
}

/* The hook that debug.sethook sets, found on a new thread; NULL without the
   library debug. */
static lua_Hook hook_of_debugger(lua_State *L)
{
    int top = lua_gettop(L), thread_index = top + 1;
    lua_Hook hook = NULL;
    lua_State *thread = lua_newthread(L);
    lua_sethook(thread, NULL, 0, 0);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (lua_getfield(L, -1, LUA_DBLIBNAME) == LUA_TTABLE &&
        lua_getfield(L, -1, "sethook") == LUA_TFUNCTION) {
        lua_pushvalue(L, thread_index);
        lua_pushvalue(L, -2);
        lua_pushliteral(L, "c");
        if (lua_pcall(L, 3, 0, 0) == LUA_OK)
            hook = lua_gethook(thread);
        lua_sethook(thread, NULL, 0, 0);
    }
    lua_settop(L, top);
    return hook;
}

/* True while a finalizer runs: its errors are lost, and Lua calls no hook until
   it has returned. */
static bool is_within_finalizer(lua_State *L)
{
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++)
        if (lua_getinfo(L, "n", &frame) && frame.name &&
            strcmp(frame.namewhat, "metamethod") == 0 &&
            strcmp(frame.name, "__gc") == 0)
            return true;
    return false;
}

int l_raise_interrupt(lua_State *L)
{
    if (is_within_finalizer(L))
        return l_error(L, "interrupted!"); /* the hook waits for its end */
    lua_Debug here = {.event = LUA_HOOKCOUNT, .currentline = -1};
    lua_State *main = main_of(L);
    lua_Hook hook = lua_gethook(main);
    lua_sethook(main, NULL, 0, 0);
    lua_getstack(L, 0, &here);
    if (hook)
        hook(L, &here);
    return l_error(L, "interrupted!");
}

void l_check_interrupt(lua_State *L)
{
    if (pg_interrupted())
        l_raise_interrupt(L);
}

void l_interrupt_push(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &interrupts_key);
}

/* Disables the interrupts of a state that ends: a function that raised left
   them enabled. */
static int end_interrupts(lua_State *L)
{
    if (pg_current_interrupt == lua_touserdata(L, 1))
        pg_set_interrupt(NULL);
    return 0;
}

void l_open_interrupt(lua_State *L)
{
    l_interrupts *i = lua_newuserdatauv(L, sizeof *i, 0);
    *i = (l_interrupts){{is_interrupted}, main_of(L), hook_of_debugger(L)};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, end_interrupts);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &interrupts_key);
}
