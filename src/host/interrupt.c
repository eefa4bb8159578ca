#include <signal.h>
#include <unistd.h>

#include "host.h"

/* A signal handler may do next to nothing, but setting a hook is allowed: the
   hook then raises the error from within Lua. It is set for every coroutine
   that runs, as Lua has a hook for each; with all events, by which the module
   knows it and gives up what it computes. */
enum { EVENTS = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT };

static lua_State
    *volatile main_state; /* NULL while nothing may be interrupted */
static bool is_session;   /* there is a prompt to go back to */
static volatile sig_atomic_t signals; /* since the call began */
static volatile sig_atomic_t remembered;

static void raise_interrupt(lua_State *L, lua_Debug *ar);

static void insist(lua_State *L)
{
    lua_sethook(L, raise_interrupt, LUA_MASKCOUNT, 1);
}

/* Who catches the error may go on for ever: from the second Ctrl-C on, each
   instruction raises it, until the prompt is reached (C functions, such as the
   one that makes the traceback, have none). lua(1) names the caller of what was
   interrupted; at a prompt the line itself tells more. */
static void raise_interrupt(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    if (signals > 1) {
        insist(L);
        if (main_state)
            insist(main_state); /* the module has taken its hook away */
        host_each_running(insist);
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

/* A C function of Lua's, and a finalizer, hear of no signal. */
static void write_hint(void)
{
    static const char hint[] =
        "\nwhat runs does not stop; Ctrl-\\ ends the program\n";
    ssize_t written = write(STDERR_FILENO, hint, sizeof hint - 1);
    (void)written;
}

/* A script's handler gives SIGINT back its default, so that a second Ctrl-C
   ends a program that does not listen. */
static void handle_signal(int number)
{
    if (!main_state) {
        remembered = true;
        return;
    }
    if (!is_session)
        signal(number, SIG_DFL);
    if (signals < 3 && ++signals == 3)
        write_hint();
    set_hook(main_state);
    host_each_running(set_hook);
}

static void on_interrupt(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

void host_keep_session(void)
{
    is_session = true;
    on_interrupt(handle_signal);
}

void host_end_session(void)
{
    is_session = false;
    on_interrupt(SIG_DFL);
}

bool host_begin_interrupts(lua_State *L)
{
    bool before = main_state != NULL;
    if (!before) {
        signals = 0;
        main_state = L;
    }
    on_interrupt(handle_signal);
    return before;
}

/* A hook that is still set would interrupt the next call. */
void host_end_interrupts(bool before)
{
    if (before)
        return;
    lua_State *L = main_state;
    main_state = NULL;
    if (!is_session)
        on_interrupt(SIG_DFL);
    if (lua_gethook(L) == raise_interrupt)
        lua_sethook(L, NULL, 0, 0);
}

bool host_was_interrupted(void)
{
    bool was = remembered;
    remembered = false;
    return was;
}
