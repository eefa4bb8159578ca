/* Signals, standard output, locks, the end of the process, and the terminal. */
#include <lauxlib.h>
#include <string.h>

#include "bind/base/arguments.h"
#include "bind/base/function.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/base/process.h"

/* --- holds ---------------------------------------------------------------- */

/* A hold is userdata that ends something when it is closed. It does so in C: at
   a prompt, a second Ctrl-C raises an error at each instruction of Lua, also in
   a closing variable. */

#define L_HOLD "perigee.hold"

typedef struct l_hold {
    void (*end)(struct l_hold *hold); /* NULL: it has ended */
    pg_exit_record *exit_record;
    int lock;
} l_hold;

static l_hold *push_hold(lua_State *L)
{
    l_hold *hold = lua_newuserdatauv(L, sizeof *hold, 0);
    *hold = (l_hold){NULL, NULL, -1};
    luaL_setmetatable(L, L_HOLD);
    return hold;
}

static void end_lock(l_hold *hold)
{
    pg_lock_close(hold->lock);
}

static void end_exit_record(l_hold *hold)
{
    if (hold->exit_record)
        pg_exit_record_free(hold->exit_record);
    hold->exit_record = NULL;
}

static void end_interrupts(l_hold *hold)
{
    (void)hold;
    pg_sigint_unwatch();
}

static void end_silence(l_hold *hold)
{
    (void)hold;
    pg_stdout_restore();
}

/* __close and __gc. An exit record outlives a state that is closed, as by
   os.exit: then no function has called this. */
static int l_hold_close(lua_State *L)
{
    lua_Debug caller;
    l_hold *hold = l_userdata_check(L, 1, L_HOLD);
    void (*end)(l_hold *) = hold->end;
    if (!end || (end == end_exit_record && !lua_getstack(L, 1, &caller)))
        return 0;
    hold->end = NULL;
    end(hold);
    return 0;
}

/* hold_interrupts() -> a hold; until it ends, Ctrl-C's signals are counted */
static int l_process_hold_interrupts(lua_State *L)
{
    l_hold *hold = push_hold(L);
    pg_sigint_watch();
    hold->end = end_interrupts;
    return 1;
}

/* hold_silence() -> a hold; until it ends, standard output and error are
   discarded */
static int l_process_hold_silence(lua_State *L)
{
    l_hold *hold = push_hold(L);
    pg_stdout_silence();
    hold->end = end_silence;
    return 1;
}

/* show_stdout(is_shown): discards standard output, until it is shown again */
static int l_process_show_stdout(lua_State *L)
{
    l_type_check(L, 1, LUA_TBOOLEAN);
    pg_stdout_show(lua_toboolean(L, 1));
    return 0;
}

/* hold_lock(path, kind) -> a hold, or nil if another process has a lock; kind:
   "folder", "shared" or "file" */
static int l_process_hold_lock(lua_State *L)
{
    enum { PATH = 1, KIND };
    static const char *const kinds[] = {"folder", "shared", "file", NULL};
    pg_error err;
    const char *path = l_path_check(L, PATH);
    int kind = l_name_check(L, KIND, kinds);
    l_hold *hold = push_hold(L);
    l_check(L, pg_lock_open(&hold->lock, path, (pg_lock_kind)kind, &err), &err);
    hold->end = end_lock;
    if (hold->lock == -1)
        lua_pushnil(L);
    return 1;
}

/* hold_ending() -> a hold for set_ending */
static int l_process_hold_ending(lua_State *L)
{
    push_hold(L)->end = end_exit_record;
    return 1;
}

/* set_ending(hold [, path, record, message]): from now on, an exit of the
   process appends the record to the file and prints the message; without a
   path, it does not */
static int l_process_set_ending(lua_State *L)
{
    enum { HOLD = 1, PATH, RECORD, MESSAGE };
    pg_error err;
    l_hold *hold = l_userdata_check(L, HOLD, L_HOLD);
    end_exit_record(hold);
    if (lua_isnoneornil(L, PATH))
        return 0;
    pg_assert(hold->end == end_exit_record);
    const char *path = l_path_check(L, PATH);
    const char *record = l_string_check(L, RECORD, NULL);
    const char *message = l_string_check(L, MESSAGE, NULL);
    l_check(L,
            pg_exit_record_new(&hold->exit_record, path, record, message, &err),
            &err);
    return 0;
}

/* exit_by(light userdata): has that function of C end the process, and others
   with it, after an exit that appends a record */
static int l_process_exit_by(lua_State *L)
{
    l_type_check(L, 1, LUA_TLIGHTUSERDATA);
    void *address = lua_touserdata(L, 1);
    void (*f)(int status);
    memcpy(&f, &address, sizeof f); /* ISO C has no cast between them */
    pg_exit_by(f);
    return 0;
}

/* --- interrupts and the terminal ------------------------------------------ */

/* interrupts() -> the number of interrupts so far */
static int l_process_interrupts(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)pg_sigint_count());
    return 1;
}

/* keep_interrupts(is_kept): saves SIGINT's handler, or restores it */
static int l_process_keep_interrupts(lua_State *L)
{
    l_type_check(L, 1, LUA_TBOOLEAN);
    if (lua_toboolean(L, 1))
        pg_sigint_save();
    else
        pg_sigint_restore();
    return 0;
}

/* terminal_size(fd) -> columns, lines; nothing if fd is no terminal */
static int l_process_terminal_size(lua_State *L)
{
    int width, height;
    if (!pg_terminal_size(&width, &height, (int)l_integer_check(L, 1)))
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
    {"show_stdout", l_process_show_stdout, 1, 1, 0},
    {"hold_lock", l_process_hold_lock, 2, 2, 0},
    {"hold_ending", l_process_hold_ending, 0, 0, 0},
    {"set_ending", l_process_set_ending, 1, 4, 0},
    {"exit_by", l_process_exit_by, 1, 1, 0},
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
