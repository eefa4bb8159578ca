/* Errors about an argument, which name the function that runs. */
#include "bind/base/argument_error.h"

#include <string.h>

#include "bind/base/call.h"
#include "bind/base/error.h"

bool l_is_method_call(lua_State *L)
{
    lua_Debug here;
    lua_getstack(L, 0, &here);
    lua_getinfo(L, "n", &here);
    return strcmp(here.namewhat, "method") == 0;
}

/* The name of the function that runs, for messages. */
typedef struct naming {
    const char *name;
    const char *event; /* "add" for the metamethod __add; NULL: a function */
} naming;

/* __index has no l_function. Its call has a name if the library calls it as a
   function, and none if ipairs does. */
static naming name_function(lua_State *L)
{
    const l_function *f = l_call_function(L);
    lua_Debug here;
    if (f)
        return (naming){f->name,
                        strncmp(f->name, "__", 2) == 0 ? f->name + 2 : NULL};
    lua_getstack(L, 0, &here);
    lua_getinfo(L, "n", &here);
    if (!here.name)
        return (naming){"?", "index"};
    bool is_event = strcmp(here.namewhat, "metamethod") == 0;
    return (naming){here.name, is_event ? here.name : NULL};
}

/* Pushes a metamethod's argument as part of the user's expression. */
static void push_operand(lua_State *L, const char *event, int arg)
{
    static const char *const operators[][2] = {
        {"add", "+"},     {"sub", "-"},  {"mul", "*"},  {"div", "/"},
        {"idiv", "//"},   {"mod", "%"},  {"pow", "^"},  {"band", "&"},
        {"bor", "|"},     {"bxor", "~"}, {"shl", "<<"}, {"shr", ">>"},
        {"concat", ".."}, {"lt", "<"},   {"le", "<="},  {"eq", "=="},
        {NULL, NULL},
    };
    for (int i = 0; operators[i][0]; i++)
        if (strcmp(event, operators[i][0]) == 0) {
            lua_pushfstring(L, "the %s side of %s", arg == 1 ? "left" : "right",
                            operators[i][1]);
            return;
        }
    if (strcmp(event, "unm") == 0)
        lua_pushliteral(L, "the operand of -");
    else if (strcmp(event, "bnot") == 0)
        lua_pushliteral(L, "the operand of ~");
    else if (strcmp(event, "len") == 0)
        lua_pushliteral(L, "the operand of #");
    else if (strcmp(event, "newindex") == 0 && arg == 3)
        lua_pushliteral(L, "the value that is assigned");
    else if (strstr(event, "index") && lua_type(L, 2) == LUA_TSTRING)
        lua_pushfstring(L, "%s", lua_tostring(L, 2));
    else if (strstr(event, "index"))
        lua_pushliteral(L, "[...]");
    else
        lua_pushstring(L, event);
}

int l_argument_error(lua_State *L, int arg, const char *text)
{
    naming f = name_function(L);
    bool has_colon = l_is_method_call(L);
    if (has_colon && lua_istable(L, 1) &&
        luaL_getmetafield(L, 1, "__name") == LUA_TSTRING &&
        strcmp(lua_tostring(L, -1), "perigee.module") == 0)
        return l_error(L, "%s is a function: call it with a dot, not a colon",
                       f.name);
    l_where(L, f.event != NULL);
    if (!f.event && has_colon)
        arg--; /* self is not counted */
    if (f.event) {
        push_operand(L, f.event, arg);
        lua_pushfstring(L, "%s: %s", lua_tostring(L, -1), text);
        lua_remove(L, -2);
    } else if (arg <= 0) { /* self, or a value that is no argument */
        lua_pushfstring(L, "%s: %s", f.name, text);
    } else {
        lua_pushfstring(L, "bad argument #%d to '%s' (%s)", arg, f.name, text);
    }
    l_make_printable(L);
    lua_concat(L, 2);
    return lua_error(L);
}

int l_type_error(lua_State *L, int arg, const char *expected)
{
    const char *found = luaL_typename(L, arg);
    l_call_leave_traced(L, arg);
    if (l_call_is_missing(L, arg))
        found = "no value";
    else if (luaL_getmetafield(L, arg, "__name") == LUA_TSTRING)
        found = lua_tostring(L, -1);
    return l_argument_error(
        L, arg, lua_pushfstring(L, "%s expected, got %s", expected, found));
}

void l_argument_check(lua_State *L, bool good, int arg, const char *text)
{
    if (!good)
        l_argument_error(L, arg, text);
}

void l_argument_expect(lua_State *L, bool good, int arg, const char *expected)
{
    if (!good)
        l_type_error(L, arg, expected);
}
