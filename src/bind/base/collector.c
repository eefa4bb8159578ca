/* Lua's collector, run when C memory has grown.

   There is a collection when live C memory exceeds its least value since the
   last full one by half, and by the slack: a step first, which in generational
   mode frees what is young, and a full one if half of the growth is left.

   The time of a collection is proportional to Lua's heap. The slack is a
   multiple of the heap, so that collections cost little, but bounded, so that
   the memory of temporaries is still in cache when the next ones reuse it. */
#include "bind/base/collector.h"

#include "core/base/memory.h"

enum {
    SLACK_PER_HEAP = 4,
    LEAST_SLACK = 4 * 1024 * 1024,
    MOST_SLACK = 32 * 1024 * 1024,
};

static const char least_key; /* its address is the key in the registry */

static void set_least(lua_State *L, size_t live)
{
    lua_pushinteger(L, (lua_Integer)live);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &least_key);
}

void l_collector_step(lua_State *L)
{
    size_t live = pg_live_bytes();
    lua_rawgetp(L, LUA_REGISTRYINDEX, &least_key);
    size_t least = (size_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (live < least)
        set_least(L, live);
    if (live <= least + LEAST_SLACK)
        return; /* the usual case, without a look at the heap */
    size_t heap = (size_t)lua_gc(L, LUA_GCCOUNT) * 1024;
    size_t slack = pg_size_max(LEAST_SLACK,
                               pg_size_min(MOST_SLACK, SLACK_PER_HEAP * heap));
    bool is_running = lua_gc(L, LUA_GCISRUNNING) == 1; /* not in a finalizer */
    if (live <= least + pg_size_max(least / 2, slack) || !is_running)
        return;
    lua_gc(L, LUA_GCSTEP, 0);
    if (pg_live_bytes() <= least + (live - least) / 2)
        return;
    lua_gc(L, LUA_GCCOLLECT);
    set_least(L, pg_live_bytes());
}
