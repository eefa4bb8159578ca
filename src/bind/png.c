/* Opening and saving PNG files. */
#include "bind.h"

#include "../core/png.h"

/* load_png(path): a uint8 array, or nil and a message. */
static int l_png_load(lua_State *L)
{
    pg_error err;
    const char *path = l_path_check(L, 1);
    pg_status status = pg_png_load(l_array_push(L), path, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    l_collect(L);
    return 1;
}

/* save_png(path, a): true, or nil and a message. */
static int l_png_save(lua_State *L)
{
    pg_error err;
    const char *path = l_path_check(L, 1);
    pg_status status = pg_png_save(path, l_array_check(L, 2), &err);
    if (status == PG_EDTYPE || status == PG_ESHAPE)
        l_check(L, status, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushboolean(L, true);
    return 1;
}

static const l_function functions[] = {
    {"load_png", l_png_load, 0, 1, 0},
    {"save_png", l_png_save, 0, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_png(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
