/* The program `perigee`: a stock Lua 5.4 interpreter with lua(1)'s command
   line, which finds the library and has a REPL of its own. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/descriptors.h"
#include "core/base/status.h"
#include "host/call.h"
#include "host/line_editor.h"
#include "host/lua_repl.h"
#include "host/perigee_repl.h"
#include "host/searcher.h"

/* --- the command line ----------------------------------------------------- */

typedef struct options {
    bool interactive, version, execute, no_environment;
    int script; /* argv's index; argc where there is none */
    int wrong;  /* argv's index of a wrong option; 0 where there is none */
} options;

/* The name that messages begin with. */
static const char *program_name(int argc, char **argv)
{
    return argc > 0 && argv[0][0] ? argv[0] : "lua";
}

static void print_usage(const char *program, const char *option)
{
    fprintf(stderr, "%s: ", program);
    if (option[1] == 'e' || option[1] == 'l')
        fprintf(stderr, "'%s' needs argument\n", option);
    else
        fprintf(stderr, "unrecognized option '%s'\n", option);
    fprintf(stderr,
            "usage: %s [options] [script [args]]\n"
            "Available options are:\n"
            "  -e stat   execute string 'stat'\n"
            "  -i        enter interactive mode after executing 'script'\n"
            "  -l mod    require library 'mod' into global 'mod'\n"
            "  -l g=mod  require library 'mod' into global 'g'\n"
            "  -v        show version information\n"
            "  -E        ignore environment variables\n"
            "  -W        turn warnings on\n"
            "  --        stop handling options\n"
            "  -         stop handling options and execute stdin\n",
            program);
}

static void print_version(void)
{
    printf("Perigee %s  %s\n", PG_VERSION, LUA_COPYRIGHT);
    fflush(stdout);
}

/* True if the option at argv[*i] has its text: attached, or in the next
   argument, to which *i then moves. */
static bool has_text(char **argv, int *i)
{
    if (argv[*i][2] != '\0')
        return true;
    ++*i;
    return argv[*i] != NULL && argv[*i][0] != '-';
}

/* Reads the option at argv[*i]; *i moves to its last argument. False where the
   option is wrong. */
static bool read_option(options *o, char **argv, int *i)
{
    char letter = argv[*i][1];
    bool alone = argv[*i][2] == '\0';
    switch (letter) {
    case 'E':
        o->no_environment = true;
        return alone;
    case 'W':
        return alone;
    case 'i':
        o->interactive = o->version = true;
        return alone;
    case 'v':
        o->version = true;
        return alone;
    case 'e':
        o->execute = true;
        return has_text(argv, i);
    case 'l':
        return has_text(argv, i);
    default:
        return false;
    }
}

static options read_options(int argc, char **argv)
{
    options o = {.script = argc};
    for (int i = 1; i < argc; i++) {
        o.script = i;
        if (argv[i][0] != '-' || strcmp(argv[i], "-") == 0)
            return o;
        if (strcmp(argv[i], "--") == 0) {
            o.script = i + 1;
            return o;
        }
        int option = i;
        if (!read_option(&o, argv, &i)) {
            o.wrong = option;
            return o;
        }
        o.script = argc;
    }
    return o;
}

/* --- running -------------------------------------------------------------- */

/* Sets the global `arg`: the script at 0, its arguments from 1 on, the program
   and its options before it. */
static void set_arg(lua_State *L, int argc, char **argv, int script)
{
    int zero = script < argc ? script : 0;
    lua_createtable(L, argc - zero, zero + 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - zero);
    }
    lua_setglobal(L, "arg");
}

static int run_init(lua_State *L)
{
    const char *name = "=LUA_INIT" LUA_VERSUFFIX;
    const char *init = getenv(name + 1);
    if (!init) {
        name = "=LUA_INIT";
        init = getenv(name + 1);
    }
    if (!init)
        return LUA_OK;
    return init[0] == '@' ? host_run_file(L, init + 1)
                          : host_run_text(L, init, name);
}

/* -l: text is "mod" or "g=mod". */
static int require_module(lua_State *L, char *text)
{
    char *equals = strchr(text, '=');
    const char *module = equals ? equals + 1 : text;
    if (equals)
        *equals = '\0';
    lua_getglobal(L, "require");
    lua_pushstring(L, module);
    int status = host_call(L, 1, 1);
    if (status == LUA_OK)
        lua_setglobal(L, text);
    return host_report(L, status);
}

/* Runs -e, -l and -W in their order. False after an error. */
static bool run_options(lua_State *L, char **argv, int script)
{
    for (int i = 1; i < script && strcmp(argv[i], "--") != 0; i++) {
        char letter = argv[i][1];
        if (letter == 'W')
            lua_warning(L, "@on", 0);
        if (letter != 'e' && letter != 'l')
            continue;
        char *text = argv[i][2] ? argv[i] + 2 : argv[++i];
        int status = letter == 'e' ? host_run_text(L, text, "=(command line)")
                                   : require_module(L, text);
        if (status != LUA_OK)
            return false;
    }
    return true;
}

/* Runs the script, which follows another argument in argv, with the arguments
   in the global `arg`, which -e and LUA_INIT may have changed. */
static int run_script(lua_State *L, char **script)
{
    bool is_input =
        strcmp(script[0], "-") == 0 && strcmp(script[-1], "--") != 0;
    int status = luaL_loadfile(L, is_input ? NULL : script[0]);
    if (status != LUA_OK)
        return host_report(L, status);
    if (lua_getglobal(L, "arg") != LUA_TTABLE)
        luaL_error(L, "'arg' is not a table");
    int arg = lua_gettop(L), n = (int)luaL_len(L, arg);
    luaL_checkstack(L, n + 3, "too many arguments to script");
    for (int i = 1; i <= n; i++)
        lua_rawgeti(L, arg, i);
    lua_remove(L, arg);
    return host_report(L, host_call(L, n, LUA_MULTRET));
}

/* Ends a rank of mpirun or srun that has no script (mpi/launch.lua, which looks
   at these variables; other processes do not load it). */
static void refuse_ranks(lua_State *L)
{
    if (!getenv("OMPI_COMM_WORLD_SIZE") && !getenv("PMI_SIZE") &&
        !getenv("SLURM_STEP_NUM_TASKS"))
        return;
    luaL_loadstring(L, "require('perigee.mpi.launch').refuse_prompt()");
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) /* the library is not there */
        lua_pop(L, 1);
}

static void run_repl(lua_State *L)
{
    host_set_name(NULL);
    host_editor_open();
    if (isatty(STDIN_FILENO) && host_perigee_repl(L))
        return;
    host_lua_repl(L);
}

/* Called protected: runs the command line, argc at 1 and argv at 2. Returns
   true if that succeeds. */
static int run(lua_State *L)
{
    int argc = (int)lua_tointeger(L, 1);
    char **argv = lua_touserdata(L, 2);
    options o = read_options(argc, argv);
    bool has_script = o.script < argc;
    if (o.wrong) {
        print_usage(program_name(argc, argv), argv[o.wrong]);
        return 0;
    }
    bool reads_input =
        o.interactive || (!has_script && !o.execute && !o.version);
    luaL_checkversion(L);
    if (o.no_environment) {
        lua_pushboolean(L, true);
        lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
    }
    luaL_openlibs(L);
    host_add_searcher(L);
    if (reads_input)
        refuse_ranks(L);
    if (o.version)
        print_version();
    set_arg(L, argc, argv, o.script);
    lua_gc(L, LUA_GCGEN, 0, 0); /* as lua.c */
    if (!o.no_environment && run_init(L) != LUA_OK)
        return 0;
    if (!run_options(L, argv, o.script))
        return 0;
    if (has_script && run_script(L, argv + o.script) != LUA_OK)
        return 0;
    if (o.interactive) {
        run_repl(L);
    } else if (reads_input) {
        if (isatty(STDIN_FILENO)) {
            print_version();
            run_repl(L);
        } else {
            host_run_file(L, NULL);
        }
    }
    lua_pushboolean(L, true);
    return 1;
}

int main(int argc, char **argv)
{
    pg_fill_standard_descriptors();
    host_set_name(program_name(argc, argv));
    lua_State *L = luaL_newstate();
    if (!L) {
        host_message("cannot create state: not enough memory");
        return EXIT_FAILURE;
    }
    lua_pushcfunction(L, run);
    lua_pushinteger(L, argc);
    lua_pushlightuserdata(L, argv);
    int status = lua_pcall(L, 2, 1, 0);
    bool good = lua_toboolean(L, -1);
    host_report(L, status);
    lua_close(L);
    return good && status == LUA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
