/* For tests/faults.lua: runs a function while an allocation fails. */
#include <lauxlib.h>
#include <lua.h>
#include <stdatomic.h>

#include "../src/core/base/memory.h"

LUAMOD_API int luaopen_faults(lua_State *L);

/* Several threads may allocate. */
typedef struct fault {
    atomic_llong left; /* allocations until the one that fails */
    bool lasts;        /* whether all behind it fail, too */
    atomic_bool hit;
    lua_Alloc allocate; /* Lua's own */
    void *context;
} fault;

static bool fails(fault *f)
{
    long long left = atomic_fetch_sub(&f->left, 1) - 1;
    bool now = left == 0 || (f->lasts && left < 0);
    if (now)
        f->hit = true;
    return now;
}

static bool core_hook(size_t bytes, void *context)
{
    (void)bytes;
    return !fails(context);
}

/* Lua collects its garbage when it gets no memory, and tries again: so that the
   second try fails, too, all do. What shrinks never fails. */
static void *lua_hook(void *context, void *block, size_t old, size_t new)
{
    fault *f = context;
    if (new > 0 && (!block || new > old) && fails(f))
        return NULL;
    return f->allocate(f->context, block, old, new);
}

/* run(which, n, f): calls f while allocation n fails, of "core" or of "lua".
   Returns whether one did, then what pcall would. */
static int run(lua_State *L)
{
    static const char *const kinds[] = {"core", "lua", NULL};
    fault f = {0};
    bool is_lua = luaL_checkoption(L, 1, NULL, kinds) == 1;
    f.left = luaL_checkinteger(L, 2);
    f.lasts = is_lua;
    f.allocate = lua_getallocf(L, &f.context);
    lua_settop(L, 3);
    if (is_lua)
        lua_setallocf(L, lua_hook, &f);
    else
        pg_memory_set_hook(core_hook, &f);
    int status = lua_pcall(L, 0, 2, 0);
    lua_setallocf(L, f.allocate, f.context);
    pg_memory_set_hook(NULL, NULL);
    lua_settop(L, status == LUA_OK ? 4 : 3);
    lua_pushboolean(L, f.hit);
    lua_insert(L, 3);
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, 4);
    return lua_gettop(L) - 2;
}

int luaopen_faults(lua_State *L)
{
    lua_pushcfunction(L, run);
    return 1;
}
