/* Lua's collector, run when C memory has grown.

   There is a step when live C memory exceeds its least value since the last
   step by the slack; in generational mode it frees what is young. There is a
   full collection when live C memory, after a step, still exceeds its least
   value since the last full one by half, and by the slack.

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

/* Keys in the registry, by their addresses: the least live C memory since the
   last step, and since the last full collection. */
static const char step_key, full_key;

static size_t get_least(lua_State *L, const char *key)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    size_t least = (size_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return least;
}

static void set_least(lua_State *L, const char *key, size_t live)
{
    lua_pushinteger(L, (lua_Integer)live);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void l_collector_step(lua_State *L)
{
    size_t live = pg_live_bytes(), least = get_least(L, &step_key);
    if (live < least)
        set_least(L, &step_key, live);
    if (live <= least + LEAST_SLACK)
        return; /* the usual case, without a look at the heap */
    size_t heap = (size_t)lua_gc(L, LUA_GCCOUNT) * 1024;
    size_t slack = pg_size_max(LEAST_SLACK,
                               pg_size_min(MOST_SLACK, SLACK_PER_HEAP * heap));
    bool is_running = lua_gc(L, LUA_GCISRUNNING) == 1; /* not in a finalizer */
    if (live <= least + slack || !is_running)
        return;
    lua_gc(L, LUA_GCSTEP, 0);
    live = pg_live_bytes();
    size_t least_of_all = pg_size_min(least, get_least(L, &full_key));
    if (live > least_of_all + pg_size_max(least_of_all / 2, slack)) {
        lua_gc(L, LUA_GCCOLLECT);
        live = least_of_all = pg_live_bytes();
    }
    set_least(L, &full_key, pg_size_min(live, least_of_all));
    set_least(L, &step_key, live);
}
