/* Loads and saves PNG files. */
#include "bind/array/array.h"
#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/status.h"
#include "core/formats/png.h"

/* load_png(path [, options]) -> uint8 array */
static int l_png_load(lua_State *L)
{
    enum { PATH = 1, OPTIONS };
    static const char *const option_names[] = {"max_bytes", NULL};
    pg_error err;
    lua_settop(L, OPTIONS);
    const char *path = l_path_check(L, PATH);
    l_options_check(L, OPTIONS, option_names);
    uint64_t max_bytes = l_option_max_bytes(L, OPTIONS);
    pg_array *a = l_array_push(L);
    return l_array_return(L, pg_png_load(a, path, max_bytes, &err), &err);
}

/* save_png(path, a) -> true */
static int l_png_save(lua_State *L)
{
    pg_error err;
    const char *path = l_path_check(L, 1);
    l_check(L, pg_png_save(path, l_array_check(L, 2), &err), &err);
    lua_pushboolean(L, true);
    return 1;
}

static const l_function functions[] = {
    {"load_png", l_png_load, 0, 2, 0},
    {"save_png", l_png_save, 0, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_png(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
