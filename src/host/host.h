/*
 * host.h -- the program `perigee`: a stock Lua 5.4 interpreter, with lua(1)'s
 * command line, that finds the module and has a better prompt.
 *
 *   main.c         the command line
 *   run.c          chunks run with a traceback; messages
 *   interrupt.c    Ctrl-C
 *   coroutine.c    which coroutine runs, for Ctrl-C
 *   searcher.c     where `require "perigee"` finds the module
 *   environment.c  what the module's files have for globals
 *   apart.c        what the prompt's own functions see, and the user's do not
 *   prompt.c       lua(1)'s prompt, for input that is no terminal
 *   session.c      a terminal's prompt: what perigee.repl.loop needs of C
 *   lines.c        a line from the terminal, edited by readline or plain
 *   readline.c     the library, loaded (readline.h)
 *   keys.c         the bytes that it reads (readline.h)
 *   mends.c        its errors, mended (readline.h)
 *   history.c      the lines of before, in a file that prompts share
 */
#ifndef PG_HOST_H
#define PG_HOST_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

/* --- run.c ---------------------------------------------------------------- */

/* The name that messages begin with; NULL for none, as at the prompt. */
void host_set_name(const char *name);

/* "name: message" on stderr. */
void host_message(const char *message);

/* Calls the function below its narg arguments on top, with a traceback for
   errors and SIGINT made into one. Returns lua_pcall's status. */
int host_call(lua_State *L, int narg, int nres);

/* Prints the error on top, if status says that there is one, and pops it. */
int host_report(lua_State *L, int status);

/* Runs a file (NULL: standard input) or text, and reports. */
int host_run_file(lua_State *L, const char *path);
int host_run_text(lua_State *L, const char *text, const char *chunkname);

/* --- interrupt.c ---------------------------------------------------------- */

/* From now on SIGINT is never the end of the program: where nothing runs that
   could be interrupted, it is remembered. */
void host_keep_session(void);

/* From now on it is. */
void host_end_session(void);

/* Around what SIGINT interrupts, on the main thread or a coroutine of it. They
   nest: begin returns what end is to go back to. */
bool host_begin_interrupts(lua_State *L);
void host_end_interrupts(bool before);

/* Whether SIGINT came since the last question while nothing ran. */
bool host_was_interrupted(void);

/* --- coroutine.c ---------------------------------------------------------- */

/* Has coroutine.close, resume and wrap tell which coroutine runs: for a prompt,
   as in lua(1) Ctrl-C waits for them. */
void host_watch_coroutines(lua_State *L);

/* Calls f for each coroutine that runs or waits for one that it resumed, the
   main thread left out. Async-signal-safe, where f is. */
void host_each_running(void (*f)(lua_State *L));

/* --- searcher.c ----------------------------------------------------------- */

/* Adds a searcher for "perigee" and "perigee.*" behind package.preload; path
   and cpath stay Lua's. */
void host_add_searcher(lua_State *L);

/* --- environment.c -------------------------------------------------------- */

/* Pushes what the library's own files have for globals. */
void host_push_environment(lua_State *L);

/* --- apart.c -------------------------------------------------------------- */

/* The prompt's functions are entered, and left for the user's; before
   host_apart_open, both do nothing. */
void host_apart_open(lua_State *L);
void host_apart_enter(lua_State *L);
void host_apart_leave(lua_State *L);

/* The user's hook is taken away. */
void host_apart_forget_hook(void);

/* --- prompt.c, session.c -------------------------------------------------- */

void host_print_version(void);

/* Reads and runs until the input ends: as lua(1) does. */
void host_prompt(lua_State *L);

/* The same on a terminal, by perigee.repl.loop. False: it is not
   there. */
bool host_session(lua_State *L);

/* --- lines.c -------------------------------------------------------------- */

typedef enum host_outcome {
    HOST_LINE,
    HOST_END,
    HOST_INTERRUPTED
} host_outcome;

/* Loads readline, if it is there. A terminal's lines are plain where output
   does not go to one; lines of a pipe are echoed by readline, as lua(1) does.
 */
void host_lines_open(void);

/* Reads a line without its newline, which lasts until the next is read; where
   it was pasted, it may have several. */
host_outcome host_lines_read(const char *prompt, const char **line);

/* Ends the line of a prompt behind which nothing was entered. */
void host_lines_leave(void);

/* What may stand for a part of the line: candidates[0] is what they all begin
   with, the last is NULL; all from malloc. */
typedef struct host_completion {
    size_t first;      /* the byte of the line at which that part begins */
    char **candidates; /* NULL for none */
    char ending;       /* put behind the only candidate; 0 for nothing */
    bool are_files;
} host_completion;

/* Who is asked when Tab is pressed: for the text of the line before the cursor.
 */
typedef void (*host_completer)(const char *text, host_completion *completion);
void host_lines_set_completer(host_completer completer);

/* Puts a chunk where the cursor keys find it. */
void host_lines_remember(const char *chunk);

/* --- history.c ------------------------------------------------------------ */

/* Reads the file of chunks, and has each remembered. */
void host_history_open(void);

/* Adds a chunk to the file, at once. */
void host_history_add(const char *chunk);

#endif
