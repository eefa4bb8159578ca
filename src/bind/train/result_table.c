/* The results of a function as a Lua table of arrays. */
#include "bind/train/result_table.h"

#include <string.h>

#include "bind/array/array.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/status.h"
#include "bind/train/network_table.h"

static int count_results(const l_results *r)
{
    return r->layers * (int)strlen(r->letters);
}

static void push_name(lua_State *L, const l_results *r, int i)
{
    int letters = (int)strlen(r->letters);
    lua_pushfstring(L, "%s%c%d", r->prefix, (int)r->letters[i % letters],
                    i / letters + 1);
}

l_results l_results_push(lua_State *L, int arg, const char *prefix,
                         const char *letters, int layers)
{
    l_results r = {.prefix = prefix, .letters = letters, .layers = layers};
    int count = count_results(&r);
    pg_assert(layers <= PG_MAX_LAYERS && strlen(letters) <= 2);
    luaL_checkstack(L, count + 8, "too many layers");
    if (lua_isnil(L, arg)) {
        lua_createtable(L, 0, count);
    } else {
        l_type_check(L, arg, LUA_TTABLE);
        lua_pushvalue(L, arg);
    }
    r.table = lua_gettop(L);
    r.first = r.table + 1;
    for (int i = 0; i < count; i++) {
        push_name(L, &r, i);
        lua_rawget(L, r.table);
        const pg_array *a = l_array_peek(L, -1);
        r.is_new[i] = !a || !a->data;
        if (r.is_new[i]) {
            lua_pop(L, 1);
            l_array_push(L);
        }
    }
    return r;
}

pg_array *l_results_at(lua_State *L, const l_results *r, int i)
{
    pg_assert(i >= 0 && i < count_results(r));
    int index = r->first + i;
    return r->is_new[i] ? lua_touserdata(L, index)
                        : l_network_array_at(L, index);
}

void l_results_network(lua_State *L, const l_results *r, pg_network *network)
{
    pg_assert(strcmp(r->letters, "Wb") == 0);
    *network = (pg_network){.layers = r->layers};
    for (int l = 0; l < r->layers; l++) {
        network->W[l] = l_results_at(L, r, 2 * l);
        network->b[l] = l_results_at(L, r, 2 * l + 1);
    }
}

int l_results_return(lua_State *L, const l_results *r, pg_status status,
                     const pg_error *err)
{
    l_check(L, status, err);
    for (int i = 0; i < count_results(r); i++) {
        push_name(L, r, i);
        lua_pushvalue(L, r->first + i);
        lua_rawset(L, r->table);
    }
    l_collector_step(L);
    lua_pushvalue(L, r->table);
    return 1;
}
