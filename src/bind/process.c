/* Calls of users' functions; signals, output, locks and the end of the process.
 */
#include "bind.h"

#include "../core/process.h"

static int end_call(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    return lua_gettop(L);
}

/* call(f, ...): what f returns. A function of the user's that ends in a tail
   call is called by this one then, and not by a line of the library, which an
   error would name. */
static int l_process_call(lua_State *L)
{
    lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, end_call);
    return end_call(L, LUA_OK, 0);
}

/* watch_interrupts([is_on]): how many signals of Ctrl-C there have been while
   they were watched; false ends that. */
static int l_process_watch_interrupts(lua_State *L)
{
    if (lua_isboolean(L, 1) && !lua_toboolean(L, 1))
        pg_sigint_unwatch();
    else
        pg_sigint_watch();
    lua_pushinteger(L, (lua_Integer)pg_sigint_count());
    return 1;
}

/* keep_interrupts(is_kept): SIGINT's handler is kept, or put back. */
static int l_process_keep_interrupts(lua_State *L)
{
    l_type_check(L, 1, LUA_TBOOLEAN);
    if (lua_toboolean(L, 1))
        pg_sigint_keep();
    else
        pg_sigint_put_back();
    return 0;
}

/* silence(is_on): standard output and error lead to nowhere, or back. */
static int l_process_silence(lua_State *L)
{
    l_type_check(L, 1, LUA_TBOOLEAN);
    if (lua_toboolean(L, 1))
        pg_output_silence();
    else
        pg_output_restore();
    return 0;
}

/* lock(path, is_shared): an integer for unlock; nil where another process has a
   lock. */
static int l_process_lock(lua_State *L)
{
    pg_error err;
    int lock;
    const char *path = l_path_check(L, 1);
    l_check(L, pg_lock_open(&lock, path, lua_toboolean(L, 2), &err), &err);
    if (lock == -1)
        lua_pushnil(L);
    else
        lua_pushinteger(L, lock);
    return 1;
}

static int l_process_unlock(lua_State *L)
{
    pg_lock_close((int)l_integer_check(L, 1));
    return 0;
}

/* at_exit(path, record, message): what is kept and said if the process ends
   before at_exit(). */
static int l_process_at_exit(lua_State *L)
{
    pg_error err;
    if (lua_isnoneornil(L, 1)) {
        pg_exit_cancel();
        return 0;
    }
    const char *path = l_path_check(L, 1);
    const char *record = l_string_check(L, 2, NULL);
    const char *message = l_string_check(L, 3, NULL);
    l_check(L, pg_exit_prepare(path, record, message, &err), &err);
    return 0;
}

static const l_function functions[] = {
    {"call", l_process_call, 1, L_ANY, 0},
    {"watch_interrupts", l_process_watch_interrupts, 0, 1, 0},
    {"keep_interrupts", l_process_keep_interrupts, 0, 1, 0},
    {"silence", l_process_silence, 0, 1, 0},
    {"lock", l_process_lock, 0, 2, 0},
    {"unlock", l_process_unlock, 0, 1, 0},
    {"at_exit", l_process_at_exit, 0, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_process(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
