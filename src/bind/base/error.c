/* Lua errors with printable text. */
#include "bind/base/error.h"

#include <locale.h>
#include <stdarg.h>
#include <string.h>

#include "bind/base/traced.h"
#include "core/base/printable.h"

void l_make_printable(lua_State *L)
{
    const char *text = lua_tostring(L, -1);
    size_t size = strlen(text) + 1;
    char *printable = lua_newuserdatauv(L, size, 0);
    memcpy(printable, text, size);
    pg_make_printable(printable, "");
    lua_pushstring(L, printable);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

int l_error(lua_State *L, const char *format, ...)
{
    va_list args;
    l_traced_where(L, 1);
    va_start(args, format);
    lua_pushvfstring(L, format, args);
    va_end(args);
    l_make_printable(L);
    lua_concat(L, 2);
    return lua_error(L);
}

void l_where(lua_State *L, bool is_metamethod)
{
    lua_Debug caller;
    bool called_by_c = is_metamethod && lua_getstack(L, 1, &caller) &&
                       lua_getinfo(L, "S", &caller) && *caller.what == 'C';
    l_traced_where(L, called_by_c ? 2 : 1);
}

int l_metamethod_error(lua_State *L, const char *text)
{
    l_where(L, true);
    lua_pushstring(L, text);
    lua_concat(L, 2);
    return lua_error(L);
}

const char *l_tolstring(lua_State *L, int index)
{
    bool is_number = lua_type(L, index) == LUA_TNUMBER;
    const char *text = luaL_tolstring(L, index, NULL);
    if (is_number) {
        text = luaL_gsub(L, text, localeconv()->decimal_point, ".");
        lua_remove(L, -2);
    }
    return text;
}
