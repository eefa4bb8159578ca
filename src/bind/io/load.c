/* Loads NPY, IDX and NPZ files, whole or in parts. */
#include "bind/array/array.h"
#include "bind/base/arguments.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/status.h"
#include "bind/io/archive.h"
#include "core/formats/idx.h"
#include "core/formats/npz.h"

enum { PATH = 1, OPTIONS, ROWS, RESULT };

static const char *const option_names[] = {"max_bytes", "rows", "map", "check",
                                           NULL};

/* The part of a file that the option rows on top names: {first, last}. */
static pg_rows_range check_range(lua_State *L)
{
    lua_Integer ends[2] = {0};
    bool is_range = lua_istable(L, -1) && lua_rawlen(L, -1) == 2;
    for (int i = 0; i < 2 && is_range; i++) {
        int is_integer;
        lua_rawgeti(L, -1, i + 1);
        ends[i] = lua_tointegerx(L, -1, &is_integer);
        is_range = is_integer && lua_type(L, -1) == LUA_TNUMBER;
        lua_pop(L, 1);
    }
    if (!is_range)
        l_error(L, "load: rows must be {first, last}, two integers");
    return (pg_rows_range){ends[0], ends[1]};
}

/* The rows of an .npy file; false for all. */
static bool check_rows(lua_State *L, pg_rows_range *rows)
{
    if (lua_isnil(L, ROWS))
        return false;
    if (l_is_options(L, ROWS))
        l_error(L, "load: an .npy file has one array, as an IDX file: {rows = "
                   "{first, last}}");
    lua_pushvalue(L, ROWS);
    *rows = check_range(L);
    return true;
}

/* Has the named members of the archive, which is on top, give their rows. */
static void set_rows(lua_State *L, pg_npz *npz)
{
    pg_error err;
    size_t n, i;
    if (lua_isnil(L, ROWS))
        return;
    for (lua_pushnil(L); lua_next(L, ROWS); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            l_error(L, "load: the rows of an archive are given by name: {rows "
                       "= {NAME = {first, last}}}");
        pg_rows_range rows = check_range(L);
        const char *name = lua_tolstring(L, -2, &n);
        if (!l_archive_find(L, npz, name, n, &i))
            l_archive_no_array(L, RESULT, lua_absindex(L, -2));
        l_check(L, pg_npz_set_rows(npz, i, rows, &err), &err);
    }
}

/* load(path [, options]) -> an array or an archive, by the file's first
   bytes */
static int l_file_load(lua_State *L)
{
    pg_error err;
    bool is_npy = false, is_idx = false;
    pg_rows_range rows;
    lua_settop(L, OPTIONS);
    const char *path = l_path_check(L, PATH);
    l_options_check(L, OPTIONS, option_names);
    pg_load_options options = {
        .max_bytes = l_option_max_bytes(L, OPTIONS),
        .map = l_option_boolean(L, OPTIONS, "map", false),
        .check = l_option_boolean(L, OPTIONS, "check", false),
    };
    l_option_push(L, OPTIONS, "rows");
    if (!lua_isnil(L, ROWS) && !lua_istable(L, ROWS))
        l_option_error(L, "rows", "a table");
    l_check(L, pg_npy_test(&is_npy, path, &err), &err);
    if (!is_npy)
        l_check(L, pg_idx_test(&is_idx, path, &err), &err);
    if (!is_npy && !is_idx) {
        set_rows(L, l_archive_open(L, path, &options));
        lua_settop(L, RESULT);
        return 1;
    }
    bool has_rows = check_rows(L, &rows);
    pg_array *a = l_array_push(L);
    const pg_rows_range *some = has_rows ? &rows : NULL;
    return l_array_return(L,
                          is_idx ? pg_idx_load(a, path, some, &options, &err)
                                 : pg_npy_load(a, path, some, &options, &err),
                          &err);
}

static const l_function functions[] = {
    {"load", l_file_load, 0, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_load(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
