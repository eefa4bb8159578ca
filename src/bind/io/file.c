/* Saves NPY and NPZ files, and writes text. */
#include <stdlib.h>
#include <string.h>

#include "bind/array/nested_table.h"
#include "bind/base/arguments.h"
#include "bind/base/error.h"
#include "bind/base/list.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/status.h"
#include "core/io/input.h"
#include "core/formats/npz.h"
#include "core/io/output.h"

/* --- save --------------------------------------------------------------------
 */

/* The stack of save: arguments, and behind them the members of an archive. */
enum { PATH = 1, VALUE, OPTIONS, MEMBERS };

/* A writer is userdata, and closed when its function ends: an error discards
   the unfinished file at once. */
#define L_WRITER "perigee.writer"

static int l_writer_close(lua_State *L)
{
    pg_zip_writer_discard(l_userdata_check(L, 1, L_WRITER));
    return 0;
}

static pg_zip_writer *push_writer(lua_State *L)
{
    pg_zip_writer *w = lua_newuserdatauv(L, sizeof *w, 0);
    memset(w, 0, sizeof *w);
    luaL_setmetatable(L, L_WRITER);
    lua_toclose(L, -1);
    return w;
}

/* The array's name at index. Raises if an archive cannot have it. */
static const char *check_name(lua_State *L, int index)
{
    size_t length;
    if (lua_type(L, index) != LUA_TSTRING)
        l_error(L, "save: arrays are named by strings, not by a %s",
                luaL_typename(L, index));
    const char *name = lua_tolstring(L, index, &length);
    if (!pg_npz_may_name(name, length))
        l_error(L,
                "save: an array's name is 1 to %d bytes of UTF-8, none of "
                "them zero",
                PG_NPZ_NAME);
    return name;
}

/* Replaces the value on top by an array. */
static void convert_member(lua_State *L, const char *name)
{
    int type = lua_type(L, -1);
    const pg_array *a = l_array_peek(L, -1);
    if (a && !a->data)
        l_error(L, "save: the array '%s' was freed", name);
    if (!a && type != LUA_TTABLE && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
        l_error(L,
                "save: '%s' is a %s where an array, number or table was "
                "expected",
                name, luaL_typename(L, -1));
    if (l_list_has_only_fields(L, -1))
        l_error(L, "save: '%s' is a table of fields, not of elements", name);
    l_array_to(L, lua_gettop(L));
}

/* Pushes a table of the values to save as arrays, by name. They are checked and
   converted before a file is begun. */
static void push_members(lua_State *L)
{
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, VALUE);) {
        const char *name = check_name(L, -2);
        convert_member(L, name);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, MEMBERS);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Pushes the names of the members, whose table keeps the text alive, in the
   order of their bytes: the same in every locale. */
static const char **push_names(lua_State *L, size_t *count)
{
    *count = 0;
    for (lua_pushnil(L); lua_next(L, MEMBERS); lua_pop(L, 1))
        ++*count;
    const char **names = lua_newuserdatauv(L, *count * sizeof *names, 0);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, MEMBERS); lua_pop(L, 1))
        names[n++] = lua_tostring(L, -2);
    qsort(names, n, sizeof *names, by_name);
    return names;
}

typedef struct save_options {
    bool compress, append;
} save_options;

static save_options check_options(lua_State *L)
{
    static const char *const names[] = {"compress", "append", NULL};
    l_options_check(L, OPTIONS, names);
    return (save_options){l_option_boolean(L, OPTIONS, "compress", false),
                          l_option_boolean(L, OPTIONS, "append", false)};
}

static int save_archive(lua_State *L, const char *path)
{
    pg_error err;
    save_options options = check_options(L);
    lua_settop(L, OPTIONS);
    size_t count;
    push_members(L);
    const char **names = push_names(L, &count);
    pg_zip_writer *w = push_writer(L);
    pg_status status =
        pg_npz_writer_open(w, path, options.append, names, count, &err);
    for (size_t i = 0; i < count && status == PG_OK; i++) {
        lua_getfield(L, MEMBERS, names[i]);
        status = pg_npz_add(w, names[i], l_array_check(L, -1), options.compress,
                            &err);
        lua_pop(L, 1);
    }
    if (status == PG_OK)
        status = pg_zip_writer_commit(w, &err);
    if (status != PG_OK)
        pg_zip_writer_discard(w); /* a coroutine that fails closes nothing */
    l_check(L, status, &err);
    lua_pushboolean(L, true);
    return 1;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* save("w.npy", array) or save("w.npz", {name = array} [, {compress = true,
   append = true}]) -> true */
static int l_file_save(lua_State *L)
{
    pg_error err;
    const char *path = l_path_check(L, PATH);
    if (ends_with(path, ".npz")) {
        l_argument_check(L, lua_istable(L, VALUE), VALUE,
                         "an .npz file takes a table of named arrays");
        return save_archive(L, path);
    }
    l_argument_check(L, ends_with(path, ".npy"), PATH,
                     "the name must end in .npy (an array) or .npz (a table)");
    save_options options = check_options(L);
    l_argument_check(L, !options.compress, OPTIONS,
                     "an .npy file is not compressed: compress is for .npz");
    l_argument_check(L, !options.append, OPTIONS,
                     "an .npy file takes one array: append is for .npz");
    l_argument_check(L, !l_list_has_only_fields(L, VALUE), VALUE,
                     "an .npy file takes one array; named arrays go into .npz");
    l_check(L, pg_npy_save(path, l_array_to(L, VALUE), &err), &err);
    lua_pushboolean(L, true);
    return 1;
}

/* write(path, text) -> true */
static int l_file_write(lua_State *L)
{
    size_t n;
    pg_error err;
    const char *path = l_path_check(L, 1);
    l_type_check(L, 2, LUA_TSTRING);
    const char *text = lua_tolstring(L, 2, &n);
    l_check(L, pg_output_save(path, text, n, &err), &err);
    lua_pushboolean(L, true);
    return 1;
}

/* exists(path) -> boolean */
static int l_file_exists(lua_State *L)
{
    pg_error err;
    bool exists;
    const char *path = l_path_check(L, 1);
    l_check(L, pg_input_exists(&exists, path, &err), &err);
    lua_pushboolean(L, exists);
    return 1;
}

static const l_function functions[] = {
    {"save", l_file_save, 0, 3, 0},
    {"write", l_file_write, 0, 2, 0},
    {"exists", l_file_exists, 0, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_file(lua_State *L)
{
    luaL_newmetatable(L, L_WRITER);
    lua_pushcfunction(L, l_writer_close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
    l_add_functions(L, functions, NULL);
}
