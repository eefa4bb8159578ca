/* Loads pictures in a folder for each class, for the library's
   pg.load_folder. */
#include <string.h>

#include "bind/array/array.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/status.h"
#include "core/formats/png_folder.h"

/* The list of files is userdata, and closed when its function ends. */
#define L_FOLDER "perigee.png_folder"

static int l_folder_close(lua_State *L)
{
    pg_png_folder_close(l_userdata_check(L, 1, L_FOLDER));
    return 0;
}

static pg_png_folder *push_folder(lua_State *L)
{
    pg_png_folder *f = lua_newuserdatauv(L, sizeof *f, 0);
    memset(f, 0, sizeof *f);
    luaL_setmetatable(L, L_FOLDER);
    lua_toclose(L, -1);
    return f;
}

/* load_png_folder(path [, options]) -> pictures, labels, the classes' names,
   the number of files and folders that are left out, the first of them */
static int l_png_folder_load(lua_State *L)
{
    enum { PATH = 1, OPTIONS, FOLDER, PICTURES, LABELS };
    static const char *const option_names[] = {"max_bytes", NULL};
    pg_error err;
    lua_settop(L, OPTIONS);
    const char *path = l_path_check(L, PATH);
    l_options_check(L, OPTIONS, option_names);
    uint64_t max_bytes = l_option_max_bytes(L, OPTIONS);
    pg_png_folder *f = push_folder(L);
    pg_array *pictures = l_array_push(L);
    pg_array *labels = l_array_push(L);
    pg_status status = pg_png_folder_open(f, path, &err);
    if (status == PG_OK)
        status = pg_png_folder_load(pictures, labels, f, max_bytes, &err);
    if (status != PG_OK)
        pg_png_folder_close(f); /* a coroutine that fails closes nothing */
    l_check(L, status, &err);
    lua_newtable(L);
    for (size_t i = 0; i < f->count; i++) {
        lua_pushstring(L, f->classes.names[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushinteger(L, (lua_Integer)f->others);
    lua_pushstring(L, f->first_other);
    l_collector_step(L);
    return 5;
}

static const l_function functions[] = {
    {"load_png_folder", l_png_folder_load, 0, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_png_folder(lua_State *L)
{
    luaL_newmetatable(L, L_FOLDER);
    lua_pushcfunction(L, l_folder_close);
    lua_setfield(L, -2, "__close");
    lua_pushcfunction(L, l_folder_close);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    l_add_functions(L, functions, NULL);
}
