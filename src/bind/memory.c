/* Lua's own memory: a heap that grows asks what the system can still give. The
   prompt needs it: Linux would kill the process, and the session with it. */
#include <lauxlib.h>

#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "core/base/memory.h"

/* Userdata, an upvalue of the functions. It is finalized before Lua frees the
   last of its memory, and puts Lua's own allocator back. */
typedef struct l_guard {
    lua_Alloc allocate; /* Lua's own; NULL: the guard is off */
    void *context;
    size_t grown; /* bytes, since the system was asked */
} l_guard;

/* A lua_Alloc. A block that shrinks must not fail. After NULL, Lua collects
   garbage and tries again: then the system is asked again. */
static void *allocate_guarded(void *context, void *block, size_t old,
                              size_t new)
{
    l_guard *g = context;
    size_t before = block ? old : 0;
    size_t growth = new > before ? new - before : 0;
    g->grown += growth;
    if (growth > 0 && g->grown >= PG_MEMORY_STEP) {
        bool has_memory = pg_memory_has(new);
        g->grown = has_memory ? 0 : PG_MEMORY_STEP;
        if (!has_memory)
            return NULL;
    }
    return g->allocate(g->context, block, old, new);
}

static void end_guard(lua_State *L, l_guard *g)
{
    if (g->allocate)
        lua_setallocf(L, g->allocate, g->context);
    *g = (l_guard){0};
}

static int l_guard_end(lua_State *L)
{
    end_guard(L, lua_touserdata(L, 1));
    return 0;
}

/* guard_memory(on): lets Lua raise "not enough memory" before the system has
   none */
static int l_memory_guard(lua_State *L)
{
    l_guard *g = lua_touserdata(L, lua_upvalueindex(1));
    l_type_check(L, 1, LUA_TBOOLEAN);
    end_guard(L, g);
    if (lua_toboolean(L, 1)) {
        g->allocate = lua_getallocf(L, &g->context);
        lua_setallocf(L, allocate_guarded, g);
    }
    return 0;
}

/* limit_memory([more]): limits this process to `more` bytes beyond those that
   it has now; without a number, to what the system has. For tests. */
static int l_memory_limit(lua_State *L)
{
    bool none = lua_isnoneornil(L, 1);
    pg_memory_limit(none ? SIZE_MAX : l_length_check(L, 1));
    return 0;
}

static const luaL_Reg functions[] = {
    {"guard_memory", l_memory_guard},
    {"limit_memory", l_memory_limit},
    {NULL, NULL},
};

void l_open_memory(lua_State *L)
{
    l_guard *g = lua_newuserdatauv(L, sizeof *g, 0);
    *g = (l_guard){0};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_guard_end);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    luaL_setfuncs(L, functions, 1);
}
