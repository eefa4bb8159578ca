/* Calls of users' functions; signals, output, locks and the end of the process.
 */
#include <lauxlib.h>

#include "bind/base/arguments.h"
#include "bind/base/function.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/base/process.h"

/* --- the process ---------------------------------------------------------- */

/* --- what is held until it is closed
   ------------------------------------------

   Its end is made in C: at a prompt, a second Ctrl-C raises an error at each
   instruction of Lua, also where a variable is closed. */

#define L_HOLD "perigee.hold"

typedef struct l_hold {
    void (*end)(struct l_hold *hold); /* NULL: it has ended */
    pg_exit_record *ending;
    int lock;
} l_hold;

static l_hold *push_hold(lua_State *L)
{
    l_hold *hold = lua_newuserdatauv(L, sizeof *hold, 0);
    *hold = (l_hold){NULL, NULL, -1};
    luaL_setmetatable(L, L_HOLD);
    return hold;
}

static void end_hold(l_hold *hold)
{
    void (*end)(l_hold *) = hold->end;
    hold->end = NULL;
    if (end)
        end(hold);
}

static void end_lock(l_hold *hold)
{
    pg_lock_close(hold->lock);
}

static void end_ending(l_hold *hold)
{
    if (hold->ending)
        pg_exit_record_free(hold->ending);
    hold->ending = NULL;
}

static void end_watch(l_hold *hold)
{
    (void)hold;
    pg_sigint_unwatch();
}

static void end_silence(l_hold *hold)
{
    (void)hold;
    pg_stdout_restore();
}

/* Nothing has called this where Lua itself is closed, as by os.exit: an ending
   is for that. */
static int l_hold_close(lua_State *L)
{
    lua_Debug caller;
    l_hold *hold = l_userdata_check(L, 1, L_HOLD);
    if (hold->end != end_ending || lua_getstack(L, 1, &caller))
        end_hold(hold);
    return 0;
}

/* hold_interrupts() -> a value while which Ctrl-C's signals are counted */
static int l_process_hold_interrupts(lua_State *L)
{
    l_hold *hold = push_hold(L);
    pg_sigint_watch();
    hold->end = end_watch;
    return 1;
}

/* hold_silence() -> a value while which standard output and error lead to
   nowhere */
static int l_process_hold_silence(lua_State *L)
{
    l_hold *hold = push_hold(L);
    pg_stdout_silence();
    hold->end = end_silence;
    return 1;
}

/* hold_lock(path, kind) -> a value, or nil where another process has a lock;
   kind: "folder", "shared" or "file" */
static int l_process_hold_lock(lua_State *L)
{
    static const char *const kinds[] = {"folder", "shared", "file", NULL};
    pg_error err;
    const char *path = l_path_check(L, 1);
    int kind = l_option_check(L, 2, kinds);
    l_hold *hold = push_hold(L);
    l_check(L, pg_lock_open(&hold->lock, path, (pg_lock_kind)kind, &err), &err);
    hold->end = end_lock;
    if (hold->lock == -1)
        lua_pushnil(L);
    return 1;
}

/* hold_ending() -> a value for set_ending */
static int l_process_hold_ending(lua_State *L)
{
    push_hold(L)->end = end_ending;
    return 1;
}

/* set_ending(hold [, path, record, message]): an end of the process is recorded
   and told from now on; without a path, it is not. */
static int l_process_set_ending(lua_State *L)
{
    pg_error err;
    l_hold *hold = l_userdata_check(L, 1, L_HOLD);
    end_ending(hold);
    if (lua_isnoneornil(L, 2))
        return 0;
    const char *path = l_path_check(L, 2);
    const char *record = l_string_check(L, 3, NULL);
    const char *message = l_string_check(L, 4, NULL);
    l_check(L, pg_exit_record_new(&hold->ending, path, record, message, &err),
            &err);
    return 0;
}

/* --- the rest ------------------------------------------------------------- */

/* interrupts() -> how many of them there have been */
static int l_process_interrupts(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)pg_sigint_count());
    return 1;
}

/* keep_interrupts(is_kept): SIGINT's handler is kept, or put back. */
static int l_process_keep_interrupts(lua_State *L)
{
    l_type_check(L, 1, LUA_TBOOLEAN);
    if (lua_toboolean(L, 1))
        pg_sigint_save();
    else
        pg_sigint_restore();
    return 0;
}

/* terminal_size(fd) -> columns, lines; nothing where it is no terminal. */
static int l_process_terminal_size(lua_State *L)
{
    int width, height;
    if (!pg_terminal_size((int)l_integer_check(L, 1), &width, &height))
        return 0;
    lua_pushinteger(L, width);
    lua_pushinteger(L, height);
    return 2;
}

static const luaL_Reg hold_metamethods[] = {
    {"__close", l_hold_close}, {"__gc", l_hold_close}, {NULL, NULL}};

static const l_function functions[] = {
    {"hold_interrupts", l_process_hold_interrupts, 0, 0, 0},
    {"hold_silence", l_process_hold_silence, 0, 0, 0},
    {"hold_lock", l_process_hold_lock, 2, 2, 0},
    {"hold_ending", l_process_hold_ending, 0, 0, 0},
    {"set_ending", l_process_set_ending, 1, 4, 0},
    {"interrupts", l_process_interrupts, 0, 0, 0},
    {"keep_interrupts", l_process_keep_interrupts, 1, 1, 0},
    {"terminal_size", l_process_terminal_size, 1, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_process(lua_State *L)
{
    luaL_newmetatable(L, L_HOLD);
    luaL_setfuncs(L, hold_metamethods, 0);
    lua_pop(L, 1);
    l_add_functions(L, functions, NULL);
}
