/* The arguments of a reduction behind its array. */
#include "bind/array/axes.h"

#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/call.h"
#include "bind/base/error.h"
#include "bind/base/list.h"
#include "bind/base/options.h"
#include "core/ops/reduce.h"

void l_reduction_arguments(lua_State *L, int arg, const char *const *names)
{
    l_options_last(L, arg);
    if (lua_istable(L, arg + 1))
        l_options_check(L, arg + 1, names);
}

bool l_keep_check(lua_State *L, int arg)
{
    return lua_istable(L, arg + 1) ? l_option_boolean(L, arg + 1, "keep", false)
                                   : l_boolean_opt(L, arg + 1, false);
}

unsigned l_axes_check(lua_State *L, int arg, const pg_array *a)
{
    if (lua_isnil(L, arg))
        return PG_ALL;
    if (lua_isboolean(L, arg))
        l_error(L,
                "%s: an axis must be an integer, not %s: without an axis write "
                "{keep = %s}",
                l_call_function(L)->name, luaL_tolstring(L, arg, NULL),
                lua_toboolean(L, arg) ? "true" : "false");
    if (!lua_istable(L, arg))
        return PG_AXIS(l_axis_check(L, arg, a));
    unsigned axes = 0;
    lua_Integer count = (lua_Integer)lua_rawlen(L, arg);
    l_list_refuse_fields(L, arg, count);
    if (count == 0)
        l_error(L, "%s: an empty list of axes: leave it out for all axes",
                l_call_function(L)->name);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, arg, i);
        if (lua_type(L, -1) != LUA_TNUMBER)
            l_error(L, "%s: an axis must be an integer, not %s",
                    l_call_function(L)->name, l_tolstring(L, -1));
        unsigned axis = PG_AXIS(l_axis_check(L, lua_gettop(L), a));
        if (axes & axis)
            l_error(L, "%s: axis %s is given twice", l_call_function(L)->name,
                    l_tolstring(L, -1));
        axes |= axis;
        lua_pop(L, 1);
    }
    return axes;
}
