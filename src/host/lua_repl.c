/* lua(1)'s REPL, to the byte of its output: programs that write to a pipe rely
   on it. */
#include "host/lua_repl.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "host/call.h"
#include "host/line_editor.h"

/* --- reading -------------------------------------------------------------- */

/* Reads a line and pushes it. False at the end of the input, with the prompt
   (or nil for the default one) on top. */
static bool push_line(lua_State *L, bool first)
{
    const char *line;
    if (lua_getglobal(L, first ? "_PROMPT" : "_PROMPT2") != LUA_TNIL) {
        luaL_tolstring(L, -1, NULL);
        lua_remove(L, -2);
    }
    const char *prompt = lua_tostring(L, -1);
    if (!prompt)
        prompt = first ? "> " : ">> ";
    if (host_editor_read(prompt, &line) != HOST_LINE)
        return false;
    lua_pop(L, 1);
    if (first && line[0] == '=') /* Lua 5.2's way to print */
        lua_pushfstring(L, "return %s", line + 1);
    else
        lua_pushstring(L, line);
    return true;
}

/* Compiles the line at 1 as an expression. False, and nothing pushed, where it
   is none. */
static bool load_expression(lua_State *L)
{
    const char *chunk = lua_pushfstring(L, "return %s;", lua_tostring(L, 1));
    if (luaL_loadbuffer(L, chunk, strlen(chunk), "=stdin") != LUA_OK) {
        lua_pop(L, 2);
        return false;
    }
    lua_remove(L, -2);
    return true;
}

/* True for a syntax error on top that more lines may cure. */
static bool is_incomplete(lua_State *L, int status)
{
    static const char mark[] = "<eof>";
    size_t n, length = sizeof mark - 1;
    if (status != LUA_ERRSYNTAX)
        return false;
    const char *message = lua_tolstring(L, -1, &n);
    return n >= length && strcmp(message + n - length, mark) == 0;
}

/* Compiles the text at 1 as statements, with more lines while it is incomplete.
   Where the input ends before the chunk does, lua(1) shows _PROMPT2 as the
   error, and (null) without one. */
static int load_statements(lua_State *L)
{
    for (;;) {
        size_t n;
        const char *text = lua_tolstring(L, 1, &n);
        int status = luaL_loadbuffer(L, text, n, "=stdin");
        if (!is_incomplete(L, status))
            return status;
        lua_pop(L, 1);
        if (!push_line(L, false)) {
            if (lua_isnil(L, -1))
                lua_pushliteral(L, "(null)");
            return status;
        }
        lua_pushliteral(L, "\n");
        lua_insert(L, -2);
        lua_concat(L, 3);
    }
}

enum { END_OF_INPUT = -1 };

/* Reads a chunk and pushes it, or the error in it. */
static int read_chunk(lua_State *L)
{
    int status = LUA_OK;
    lua_settop(L, 0);
    if (!push_line(L, true))
        return END_OF_INPUT;
    if (!load_expression(L))
        status = load_statements(L);
    const char *text = lua_tostring(L, 1);
    if (text[0] != '\0')
        host_editor_remember(text);
    lua_remove(L, 1);
    return status;
}

/* --- printing ------------------------------------------------------------- */

/* Prints all values on the stack, by the global print. */
static void print_results(lua_State *L)
{
    int n = lua_gettop(L);
    if (n == 0)
        return;
    luaL_checkstack(L, LUA_MINSTACK, "too many results to print");
    lua_getglobal(L, "print");
    lua_insert(L, 1);
    if (lua_pcall(L, n, 0, 0) != LUA_OK)
        host_message(lua_pushfstring(L, "error calling 'print' (%s)",
                                     lua_tostring(L, -1)));
}

void host_lua_repl(lua_State *L)
{
    int status;
    while ((status = read_chunk(L)) != END_OF_INPUT) {
        if (status == LUA_OK)
            status = host_call(L, 0, LUA_MULTRET);
        if (status == LUA_OK)
            print_results(L);
        else
            host_report(L, status);
    }
    lua_settop(L, 0);
    putchar('\n');
    fflush(stdout);
}
