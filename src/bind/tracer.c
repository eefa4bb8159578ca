/* The tracer of the library. */
#include "bind/base/arguments.h"
#include "bind/base/function.h"
#include "bind/base/open.h"
#include "bind/base/traced.h"

/* set_tracer(metatable, tracer, folder): see traced.h */
static int l_set_tracer(lua_State *L)
{
    enum { METATABLE = 1, TRACER, FOLDER };
    l_type_check(L, METATABLE, LUA_TTABLE);
    l_type_check(L, TRACER, LUA_TFUNCTION);
    l_type_check(L, FOLDER, LUA_TSTRING);
    lua_settop(L, FOLDER);
    l_traced_set(L);
    return 0;
}

static const l_function functions[] = {
    {"set_tracer", l_set_tracer, 0, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_tracer(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
