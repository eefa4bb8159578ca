/* Checks of tables that are lists of elements. */
#include "bind/base/list.h"

#include <lauxlib.h>
#include <string.h>

#include "bind/base/call.h"
#include "bind/base/error.h"
#include "core/base/status.h"

bool l_list_has_only_fields(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    l_call_leave_traced(L, index);
    if (!lua_istable(L, index) || luaL_len(L, index) > 0)
        return false;
    lua_pushnil(L);
    if (!lua_next(L, index))
        return false;
    lua_pop(L, 2);
    return true;
}

void l_list_refuse_object(lua_State *L, int index)
{
    l_call_leave_traced(L, index);
    int type = luaL_getmetafield(L, index, "__no_array");
    if (type == LUA_TSTRING)
        l_error(L, "%s", lua_tostring(L, -1));
    lua_pop(L, type == LUA_TNIL ? 0 : 1);
}

/* Raises if the key on top is a field's. Leaves it on top, for lua_next. */
static void refuse_field(lua_State *L)
{
    if (lua_type(L, -1) != LUA_TSTRING || strcmp(lua_tostring(L, -1), "n") == 0)
        return;
    l_error(L,
            "a field '%s' stands among elements: options are arguments "
            "behind the table",
            lua_tostring(L, -1));
}

/* lua_next goes through Lua's array part first, so the search begins at the
   last element. If it meets an element, that is one in the hash part, which has
   no order: then all keys are looked at. */
void l_list_refuse_fields(lua_State *L, int index, lua_Integer length)
{
    pg_assert(lua_istable(L, index));
    index = lua_absindex(L, index);
    luaL_checkstack(L, 2, NULL);
    l_list_refuse_object(L, index);
    lua_pushinteger(L, length);
    lua_rawgeti(L, index, length);
    if (length == 0 || lua_isnil(L, -1)) { /* a key that lua_next refuses */
        lua_pop(L, 2);
        lua_pushnil(L);
    } else {
        lua_pop(L, 1);
    }
    bool is_hashed = false;
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        is_hashed = is_hashed || lua_isinteger(L, -1);
        refuse_field(L);
    }
    if (!is_hashed)
        return;
    for (lua_pushnil(L); lua_next(L, index);) {
        lua_pop(L, 1);
        refuse_field(L);
    }
}
