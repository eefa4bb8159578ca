/* Networks and their gradients as Lua tables of arrays. */
#include "bind/train/network_table.h"

#include <string.h>

#include "bind/array/array.h"
#include "bind/base/arguments.h"
#include "bind/base/call.h"
#include "bind/base/error.h"

bool l_network_push_array(lua_State *L, int arg, const char *prefix,
                          char letter, int number, bool optional)
{
    luaL_checkstack(L, 8, "too many layers"); /* and for the caller's values */
    lua_pushfstring(L, "%s%c%d", prefix, (int)letter, number);
    lua_pushvalue(L, -1);
    int type = lua_rawget(L, arg);
    if (type == LUA_TNIL && optional) {
        lua_pop(L, 2);
        return false;
    }
    if (!l_array_peek(L, -1)) {
        l_call_leave_traced(L, -1);
        l_error(L, "%s must be an array, not %s", lua_tostring(L, -2),
                type == LUA_TNIL ? "absent" : luaL_typename(L, -1));
    }
    lua_remove(L, -2);
    return true;
}

pg_array *l_network_array_at(lua_State *L, int index)
{
    pg_array *a = l_array_handle(L, index);
    if (!a->data)
        l_error(L, "an array was freed while it was in use");
    return a;
}

l_network l_network_gather(lua_State *L, int arg, const char *prefix)
{
    l_network n = {.first = lua_gettop(L) + 1};
    l_type_check(L, arg, LUA_TTABLE);
    while (
        l_network_push_array(L, arg, prefix, 'W', n.layers + 1, n.layers > 0)) {
        if (n.layers == PG_MAX_LAYERS)
            l_error(L, "a network has at most %d layers", PG_MAX_LAYERS);
        n.layers++;
        l_network_push_array(L, arg, prefix, 'b', n.layers, false);
    }
    return n;
}

void l_network_at(lua_State *L, const l_network *gathered, pg_network *network)
{
    *network = (pg_network){.layers = gathered->layers, .loss = gathered->loss};
    memcpy(network->activation, gathered->activation,
           sizeof network->activation);
    for (int l = 0; l < gathered->layers; l++) {
        network->W[l] = l_network_array_at(L, gathered->first + 2 * l);
        network->b[l] = l_network_array_at(L, gathered->first + 2 * l + 1);
    }
}

/* --- activations ---------------------------------------------------------- */

static pg_activation check_activation(lua_State *L, int index)
{
    const char *name = lua_tostring(L, index);
    luaL_Buffer names;
    for (int i = 0; name && i < PG_ACTIVATIONS; i++)
        if (strcmp(name, pg_activation_names[i]) == 0)
            return (pg_activation)i;
    l_tolstring(L, index);
    luaL_buffinit(L, &names);
    for (int i = 0; i < PG_ACTIVATIONS; i++) {
        luaL_addstring(&names, i ? ", '" : "'");
        luaL_addstring(&names, pg_activation_names[i]);
        luaL_addchar(&names, '\'');
    }
    luaL_pushresult(&names);
    l_error(L, "activation must be one of %s, not %s", lua_tostring(L, -1),
            lua_tostring(L, -2));
    return PG_ACTIVATIONS;
}

void l_activations_check(lua_State *L, int arg, int layers,
                         pg_activation *activation)
{
    bool is_list = lua_istable(L, arg), is_default = lua_isnoneornil(L, arg);
    pg_assert(layers >= 1 && layers <= PG_MAX_LAYERS);
    if (is_list && lua_rawlen(L, arg) != (size_t)layers - 1)
        l_error(L, "there are %d activations for %d hidden layers",
                (int)lua_rawlen(L, arg), layers - 1);
    for (int l = 0; l < layers - 1; l++) {
        if (is_list)
            lua_rawgeti(L, arg, l + 1);
        else
            lua_pushvalue(L, arg);
        activation[l] = is_default ? (pg_activation)0 : check_activation(L, -1);
        lua_pop(L, 1);
    }
}

pg_loss l_loss_check(lua_State *L, int arg)
{
    return (pg_loss)l_name_check(L, arg, pg_loss_names);
}
