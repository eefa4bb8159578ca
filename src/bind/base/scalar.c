/* Lua's numbers and booleans as the core's scalars. */
#include "bind/base/scalar.h"

bool l_is_scalar(lua_State *L, int arg)
{
    int type = lua_type(L, arg);
    return type == LUA_TNUMBER || type == LUA_TBOOLEAN;
}

bool l_scalar_test(lua_State *L, int arg, pg_scalar *scalar)
{
    if (!l_is_scalar(L, arg))
        return false;
    if (lua_isboolean(L, arg))
        *scalar = (pg_scalar){.kind = 'b', .as.b = lua_toboolean(L, arg)};
    else if (lua_isinteger(L, arg))
        *scalar = (pg_scalar){.kind = 'i', .as.i = lua_tointeger(L, arg)};
    else
        *scalar = (pg_scalar){.kind = 'f', .as.f = lua_tonumber(L, arg)};
    return true;
}

void l_scalar_push(lua_State *L, pg_scalar scalar)
{
    if (scalar.kind == 'b')
        lua_pushboolean(L, scalar.as.b);
    else if (scalar.kind == 'i')
        lua_pushinteger(L, scalar.as.i);
    else
        lua_pushnumber(L, scalar.as.f);
}
