/* The names of optimizers, and the settings of a step, from Lua. */
#include "bind/train/optimizer_settings.h"

#include "bind/base/arguments.h"
#include "core/train/optimizer.h"

pg_optimizer_kind l_optimizer_check(lua_State *L, int arg)
{
    return (pg_optimizer_kind)l_name_check(L, arg, pg_optimizer_names);
}

/* A number of the settings at arg; 0 if the optimizer does not have it. */
static double setting(lua_State *L, int arg, const char *name)
{
    lua_getfield(L, arg, name);
    double value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

pg_optimizer_settings l_optimizer_settings_check(lua_State *L, int arg)
{
    l_type_check(L, arg, LUA_TTABLE);
    pg_optimizer_settings settings = {
        .rate = setting(L, arg, "rate"),
        .weight_decay = setting(L, arg, "weight_decay"),
        .momentum = setting(L, arg, "momentum"),
        .dampening = setting(L, arg, "dampening"),
        .alpha = setting(L, arg, "alpha"),
        .beta1 = setting(L, arg, "beta1"),
        .beta2 = setting(L, arg, "beta2"),
        .eps = setting(L, arg, "eps"),
    };
    lua_getfield(L, arg, "optimizer");
    settings.kind = l_optimizer_check(L, -1);
    lua_pop(L, 1);
    return settings;
}
