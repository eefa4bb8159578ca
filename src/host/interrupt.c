/* Ctrl-C: SIGINT's handler sets a hook, which raises the error when Lua runs.

   lua_sethook is the one function of Lua that a signal handler may call. Each
   coroutine has a hook of its own, so it is set for each that runs. The module
   recognizes it by its mask of all events, and stops computing. */
#include "host/interrupt.h"

#include <lauxlib.h>
#include <signal.h>
#include <unistd.h>

#include "core/base/status.h"
#include "host/coroutine.h"

enum { EVENTS = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT };

static lua_State *volatile main_state; /* NULL: SIGINT interrupts nothing */
static bool is_session;                /* there is a prompt to return to */
static volatile sig_atomic_t signals;  /* since the call began */
static volatile sig_atomic_t remembered;

static void raise_interrupt(lua_State *L, lua_Debug *ar);

static void raise_at_each_instruction(lua_State *L)
{
    lua_sethook(L, raise_interrupt, LUA_MASKCOUNT, 1);
}

/* The hook. A chunk that catches the error may run for ever: so from the second
   Ctrl-C on each instruction raises it, until the prompt is reached. A script's
   message begins with the caller's line, as in lua(1), a prompt's with the line
   that ran. */
static void raise_interrupt(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    if (signals > 1) {
        raise_at_each_instruction(L);
        if (main_state) /* from which the module has taken the hook */
            raise_at_each_instruction(main_state);
        host_each_running(raise_at_each_instruction);
    } else {
        lua_sethook(L, NULL, 0, 0);
    }
    luaL_where(L, is_session ? 0 : 1);
    lua_pushliteral(L, "interrupted!");
    lua_concat(L, 2);
    lua_error(L);
}

static void set_hook(lua_State *L)
{
    lua_sethook(L, raise_interrupt, EVENTS, 1);
}

/* In a script, the second Ctrl-C ends the program. At a prompt, the third one
   shows a hint: a C function of Lua's, or a finalizer, runs no hook. */
static void handle_signal(int number)
{
    if (!main_state) {
        remembered = true;
        return;
    }
    if (!is_session)
        signal(number, SIG_DFL);
    if (signals < 3 && ++signals == 3) {
        static const char hint[] =
            "\nwhat runs does not stop; Ctrl-\\ ends the program\n";
        ssize_t written = write(STDERR_FILENO, hint, sizeof hint - 1);
        (void)written;
    }
    set_hook(main_state);
    host_each_running(set_hook);
}

static void set_handler(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

void host_keep_session(void)
{
    is_session = true;
    set_handler(handle_signal);
}

void host_end_session(void)
{
    is_session = false;
    set_handler(SIG_DFL);
}

bool host_begin_interrupts(lua_State *L)
{
    bool is_nested = main_state != NULL;
    if (!is_nested) {
        signals = 0;
        main_state = L;
    }
    set_handler(handle_signal);
    return is_nested;
}

/* A hook that is still set would interrupt the next call. */
void host_end_interrupts(bool is_nested)
{
    pg_assert(main_state);
    if (is_nested)
        return;
    lua_State *L = main_state;
    main_state = NULL;
    if (!is_session)
        set_handler(SIG_DFL);
    if (lua_gethook(L) == raise_interrupt)
        lua_sethook(L, NULL, 0, 0);
}

bool host_was_interrupted(void)
{
    bool was = remembered;
    remembered = false;
    return was;
}
