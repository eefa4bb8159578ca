/* The fused path, for model.lua: the table perigee.core.trainer. What the core
   refuses comes back as nil and a message, so that the library can raise it
   where its caller stands. */
#include "network.h"

#include "../core/predict.h"
#include "../core/targets.h"
#include "../core/trainer.h"

#define L_TRAINER "perigee.trainer"

typedef struct l_trainer {
    pg_trainer *trainer; /* NULL: freed */
} l_trainer;

static pg_trainer *check_trainer(lua_State *L, int arg)
{
    l_trainer *t = luaL_checkudata(L, arg, L_TRAINER);
    luaL_argcheck(L, t->trainer, arg, "the trainer was freed");
    return t->trainer;
}

/* labels(y, classes) -> labels (n) int32, classes. classes 0: find it. */
static int l_trainer_labels(lua_State *L)
{
    pg_error err;
    size_t classes = l_length_check(L, 2);
    lua_settop(L, 2);
    pg_array *out = l_array_push(L);
    const pg_array *y = l_array_to(L, 1);
    if (pg_targets_labels(out, &classes, y, &err) != PG_OK)
        return l_failure(L, &err);
    lua_pushinteger(L, (lua_Integer)classes);
    return 2;
}

static const char *const plans[] = {"auto", "dense", "sparse", NULL};

/* new(x, scale, labels, weights, plan) -> trainer */
static int l_trainer_new(lua_State *L)
{
    pg_error err;
    pg_network network;
    double scale = luaL_checknumber(L, 2);
    pg_plan plan = (pg_plan)luaL_checkoption(L, 5, NULL, plans);
    lua_settop(L, 4);
    l_trainer *t = lua_newuserdatauv(L, sizeof *t, 0);
    t->trainer = NULL;
    luaL_setmetatable(L, L_TRAINER);
    l_network_at(L, 6, l_network_gather(L, 4, ""), &network);
    const pg_array *x = l_array_check(L, 1), *labels = l_array_check(L, 3);
    if (pg_trainer_new(&t->trainer, x, scale, labels, &network, plan, &err) !=
        PG_OK)
        return l_failure(L, &err);
    lua_settop(L, 5);
    l_collect(L);
    return 1;
}

/* An interpreter's handler of Ctrl-C does no more than to set a hook, which
   raises the error when Lua runs again: that is what a step can see of it. It
   sets the hook of the main thread, whichever one runs. */
typedef struct l_hook {
    lua_State *main;
    lua_Hook before;
} l_hook;

static l_hook hook_of(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    lua_State *main = lua_tothread(L, -1);
    lua_pop(L, 1);
    return (l_hook){main, lua_gethook(main)};
}

static bool hook_was_set(void *context)
{
    const l_hook *hook = context;
    return lua_gethook(hook->main) != hook->before;
}

/* step(trainer, weights, rate) -> loss; or nil, message, and whether it was a
   number that was not finite. */
static int l_trainer_step(lua_State *L)
{
    pg_error err;
    pg_network network;
    double loss, rate = luaL_checknumber(L, 3);
    lua_settop(L, 3);
    l_network_at(L, 4, l_network_gather(L, 2, ""), &network);
    l_hook hook = hook_of(L);
    pg_interrupt interrupt = {hook_was_set, &hook};
    pg_status status = pg_trainer_step(check_trainer(L, 1), &network, rate,
                                       &interrupt, &loss, &err);
    if (status != PG_OK) {
        l_failure(L, &err);
        lua_pushboolean(L, status == PG_EFINITE);
        return 3;
    }
    lua_pushnumber(L, loss);
    return 1;
}

/* plan(trainer) -> "dense" or "sparse", why */
static int l_trainer_plan(lua_State *L)
{
    char why[PG_PLAN_TEXT];
    lua_pushstring(L, plans[pg_trainer_plan(check_trainer(L, 1), why)]);
    lua_pushstring(L, why);
    return 2;
}

/* predict(weights, x, scale) -> labels (n) int64 */
static int l_trainer_predict(lua_State *L)
{
    pg_error err;
    pg_network network;
    double scale = luaL_checknumber(L, 3);
    lua_settop(L, 3);
    pg_array *out = l_array_push(L);
    l_network_at(L, 5, l_network_gather(L, 1, ""), &network);
    const pg_array *x = l_array_check(L, 2);
    if (pg_network_predict(out, &network, x, scale, &err) != PG_OK)
        return l_failure(L, &err);
    lua_settop(L, 4);
    l_collect(L);
    return 1;
}

static int l_trainer_free(lua_State *L)
{
    l_trainer *t = luaL_checkudata(L, 1, L_TRAINER);
    pg_trainer_free(t->trainer);
    t->trainer = NULL;
    return 0;
}

static const luaL_Reg functions[] = {
    {"labels", l_trainer_labels},   {"new", l_trainer_new},
    {"step", l_trainer_step},       {"plan", l_trainer_plan},
    {"predict", l_trainer_predict}, {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", l_trainer_free},
    {"__close", l_trainer_free},
    {NULL, NULL},
};

void l_open_trainer(lua_State *L)
{
    luaL_newmetatable(L, L_TRAINER);
    luaL_setfuncs(L, metamethods, 0);
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    lua_setfield(L, -2, "trainer");
}
