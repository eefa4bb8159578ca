/* Opening and saving NPY and NPZ files. */
#include "bind.h"

#include <string.h>

#include "../core/npz.h"

#define L_ARCHIVE "perigee.archive"

static const char *check_path(lua_State *L, int arg)
{
    size_t n;
    const char *path = luaL_checklstring(L, arg, &n);
    luaL_argcheck(L, strlen(path) == n, arg, "a path has no zero bytes");
    return path;
}

/* --- archives
   -------------------------------------------------------------------

   The userdata's first user value keeps what was decoded, by name; the second
   the path. */

enum { DECODED = 1, PATH = 2 };

static pg_npz *check_archive(lua_State *L)
{
    pg_npz *npz = luaL_checkudata(L, 1, L_ARCHIVE);
    luaL_argcheck(L, pg_npz_is_open(npz), 1, "the archive was closed");
    return npz;
}

/* close, __gc and __close: arrays that were decoded outlive the archive. */
static int l_archive_close(lua_State *L)
{
    pg_npz_close(luaL_checkudata(L, 1, L_ARCHIVE));
    return 0;
}

/* The names of the arrays, in the file's order. */
static int l_archive_keys(lua_State *L)
{
    const pg_npz *npz = check_archive(L);
    lua_newtable(L);
    lua_Integer n = 0;
    for (size_t i = 0; i < pg_npz_count(npz); i++) {
        const char *name;
        size_t length = pg_npz_name(&name, npz, i);
        if (length == 0)
            continue;
        lua_pushlstring(L, name, length);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* Pushes the array of that name, decoded now or before, or nil. A damaged one
   raises. */
static int push_member(lua_State *L, pg_npz *npz, const char *name)
{
    pg_error err;
    lua_getiuservalue(L, 1, DECODED);
    if (lua_getfield(L, -1, name) != LUA_TNIL || !pg_npz_has(npz, name))
        return 1;
    lua_pop(L, 1);
    pg_array *a = l_array_push(L);
    l_check(L, pg_npz_get(a, npz, name, &err), &err);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, name);
    l_collect(L);
    return 1;
}

static int l_archive_get(lua_State *L)
{
    pg_npz *npz = check_archive(L);
    return push_member(L, npz, luaL_checkstring(L, 2));
}

/* A method, the path, or an array; upvalue: the methods. */
static int l_archive_index(lua_State *L)
{
    const char *name = luaL_checkstring(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    return push_member(L, check_archive(L), name);
}

static int l_archive_path(lua_State *L)
{
    luaL_checkudata(L, 1, L_ARCHIVE);
    lua_getiuservalue(L, 1, PATH);
    return 1;
}

static int l_archive_tostring(lua_State *L)
{
    const pg_npz *npz = luaL_checkudata(L, 1, L_ARCHIVE);
    lua_getiuservalue(L, 1, PATH);
    if (!pg_npz_is_open(npz)) {
        lua_pushfstring(L, "archive %s (closed)", lua_tostring(L, -1));
        return 1;
    }
    lua_pushfstring(L, "archive %s:", lua_tostring(L, -1));
    for (size_t i = 0; i < pg_npz_count(npz); i++) {
        const char *name;
        size_t length = pg_npz_name(&name, npz, i);
        lua_pushliteral(L, " ");
        lua_pushlstring(L, name, length);
        lua_concat(L, length ? 3 : 2);
    }
    return 1;
}

static int open_archive(lua_State *L, const char *path)
{
    pg_error err;
    pg_npz *npz = lua_newuserdatauv(L, sizeof *npz, 2);
    memset(npz, 0, sizeof *npz);
    luaL_setmetatable(L, L_ARCHIVE);
    lua_newtable(L);
    lua_setiuservalue(L, -2, DECODED);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, PATH);
    if (pg_npz_open(npz, path, &err) != PG_OK)
        return l_failure(L, &err);
    return 1;
}

/* --- load and save
 * ------------------------------------------------------------------ */

static int load_array(lua_State *L, const char *path)
{
    pg_error err;
    pg_array *a = l_array_push(L);
    if (pg_npy_load(a, path, &err) != PG_OK)
        return l_failure(L, &err);
    l_collect(L);
    return 1;
}

/* An array or an archive, as the file's first bytes say. */
static int l_file_load(lua_State *L)
{
    pg_error err;
    bool is_npy = false;
    const char *path = check_path(L, 1);
    if (pg_npy_test(&is_npy, path, &err) != PG_OK)
        return l_failure(L, &err);
    return is_npy ? load_array(L, path) : open_archive(L, path);
}

/* A writer as userdata: an error on the way discards what was begun. */
#define L_WRITER "perigee.writer"

static int l_writer_gc(lua_State *L)
{
    pg_zip_writer_discard(luaL_checkudata(L, 1, L_WRITER));
    return 0;
}

static pg_zip_writer *push_writer(lua_State *L)
{
    pg_zip_writer *w = lua_newuserdatauv(L, sizeof *w, 0);
    memset(w, 0, sizeof *w);
    luaL_setmetatable(L, L_WRITER);
    return w;
}

/* Pushes the sorted names of the table at arg, and a table of arrays by name;
   all is checked and converted before a file is begun. */
static void push_members(lua_State *L, int arg)
{
    lua_newtable(L);
    lua_newtable(L);
    int names = lua_gettop(L) - 1, arrays = names + 1;
    lua_pushnil(L);
    for (lua_Integer n = 1; lua_next(L, arg); n++) {
        size_t length;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "save: arrays are named by strings, not by a %s",
                       luaL_typename(L, -2));
        const char *name = lua_tolstring(L, -2, &length);
        if (length == 0 || length > PG_NPZ_NAME || strlen(name) != length)
            luaL_error(L,
                       "save: an array's name has 1 to %d bytes, none of "
                       "them zero",
                       PG_NPZ_NAME);
        l_array_to(L, lua_gettop(L));
        lua_setfield(L, arrays, name);
        lua_pushvalue(L, -1);
        lua_rawseti(L, names, n);
    }
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "sort");
    lua_pushvalue(L, names);
    lua_call(L, 1, 0);
    lua_settop(L, arrays);
}

static pg_status write_members(lua_State *L, pg_zip_writer *w, int names,
                               bool compress, pg_error *err)
{
    pg_status status = PG_OK;
    lua_Integer count = luaL_len(L, names);
    for (lua_Integer i = 1; i <= count && status == PG_OK; i++) {
        lua_rawgeti(L, names, i);
        const char *name = lua_tostring(L, -1);
        lua_getfield(L, names + 1, name);
        status = pg_npz_add(w, name, l_array_check(L, -1), compress, err);
        lua_pop(L, 2);
    }
    return status;
}

static int save_archive(lua_State *L, const char *path)
{
    pg_error err;
    bool compress = false;
    if (!lua_isnoneornil(L, 3)) {
        luaL_checktype(L, 3, LUA_TTABLE);
        lua_getfield(L, 3, "compress");
        compress = lua_toboolean(L, -1);
    }
    lua_settop(L, 3);
    push_members(L, 2);
    pg_zip_writer *w = push_writer(L);
    pg_status status = pg_zip_writer_open(w, path, &err);
    if (status == PG_OK)
        status = write_members(L, w, 4, compress, &err);
    if (status == PG_OK)
        status = pg_zip_writer_commit(w, &err);
    if (status != PG_OK) {
        pg_zip_writer_discard(w);
        return l_failure(L, &err);
    }
    lua_pushboolean(L, true);
    return 1;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* save("w.npy", array) or save("w.npz", {name = array} [, {compress = true}]):
   the name says which. */
static int l_file_save(lua_State *L)
{
    pg_error err;
    const char *path = check_path(L, 1);
    if (ends_with(path, ".npz")) {
        luaL_argcheck(L, lua_istable(L, 2), 2,
                      "an .npz file takes a table of named arrays");
        return save_archive(L, path);
    }
    luaL_argcheck(L, ends_with(path, ".npy"), 1,
                  "the name must end in .npy (an array) or .npz (a table)");
    if (pg_npy_save(path, l_array_to(L, 2), &err) != PG_OK)
        return l_failure(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

static const luaL_Reg functions[] = {
    {"load", l_file_load},
    {"save", l_file_save},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"keys", l_archive_keys},
    {"get", l_archive_get},
    {"path", l_archive_path},
    {"close", l_archive_close},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", l_archive_close},
    {"__close", l_archive_close},
    {"__tostring", l_archive_tostring},
    {NULL, NULL},
};

void l_open_file(lua_State *L)
{
    luaL_newmetatable(L, L_WRITER);
    lua_pushcfunction(L, l_writer_gc);
    lua_setfield(L, -2, "__gc");
    luaL_newmetatable(L, L_ARCHIVE);
    luaL_setfuncs(L, metamethods, 0);
    luaL_newlib(L, methods);
    lua_pushcclosure(L, l_archive_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
    luaL_setfuncs(L, functions, 0);
}
