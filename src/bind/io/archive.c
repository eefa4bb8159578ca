/* NPZ archives as userdata. */
#include "bind/io/archive.h"

#include <string.h>

#include "bind/array/array.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/formats/npz.h"

#define L_ARCHIVE "perigee.archive"

enum { ARCHIVE = 1, NAME }; /* the arguments of all functions */

/* The userdata's user values: a table of the arrays that were decoded, by name,
   and the path. */
enum { DECODED = 1, PATH };

/* As with arrays, a copy of the bytes in another state owns nothing. */
typedef struct l_archive {
    pg_npz npz;
    const pg_npz *original; /* the address of npz; a copy has another */
} l_archive;

/* The archive's npz. Take it again after anything that may run a finalizer,
   which may close the archive. */
static pg_npz *check_archive(lua_State *L)
{
    l_archive *archive = l_userdata_check(L, ARCHIVE, L_ARCHIVE);
    pg_npz *npz = &archive->npz;
    l_argument_check(L, archive->original == npz, ARCHIVE,
                     "the archive belongs to another Lua state: open its file "
                     "here");
    l_argument_check(L, pg_npz_is_open(npz), ARCHIVE, "the archive was closed");
    return npz;
}

/* close, __gc and __close: arrays that were decoded outlive the archive. */
static int l_archive_close(lua_State *L)
{
    l_archive *archive = l_userdata_check(L, ARCHIVE, L_ARCHIVE);
    if (archive->original != &archive->npz)
        return 0;
    pg_npz_close(&archive->npz);
    lua_pushnil(L);
    lua_setiuservalue(L, ARCHIVE, DECODED);
    return 0;
}

bool l_archive_find(lua_State *L, pg_npz *npz, const char *name, size_t n,
                    size_t *i)
{
    pg_error err;
    if (pg_npz_find(i, npz, name, n))
        return true;
    l_check(L, pg_npz_check_names(npz, &err), &err);
    return pg_npz_find(i, npz, name, n);
}

/* l_archive_find for the arguments. */
static bool find_member(lua_State *L, size_t *i)
{
    size_t n;
    const char *name = l_string_check(L, NAME, &n);
    return l_archive_find(L, check_archive(L), name, n, i);
}

/* keys(archive) -> the names of the arrays, in the file's order */
static int l_archive_keys(lua_State *L)
{
    pg_error err;
    l_check(L, pg_npz_check_names(check_archive(L), &err), &err);
    lua_newtable(L);
    lua_Integer n = 0;
    for (size_t i = 0; i < pg_npz_count(check_archive(L)); i++) {
        const char *name;
        size_t length;
        if (!pg_npz_name(&name, &length, check_archive(L), i))
            continue;
        lua_pushlstring(L, name, length);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* Pushes the named array if it was decoded before and not freed since. Returns
   false, with nothing pushed, if not. */
static bool push_decoded(lua_State *L)
{
    lua_getiuservalue(L, ARCHIVE, DECODED);
    lua_pushvalue(L, NAME);
    lua_rawget(L, -2);
    const pg_array *a = l_array_peek(L, -1);
    if (a && a->data)
        return true;
    lua_pop(L, 2);
    return false;
}

/* get(archive, name) -> the array, or nil; a damaged one raises */
static int l_archive_get(lua_State *L)
{
    enum { ARRAY = NAME + 1 };
    pg_error err;
    size_t i;
    l_string_check(L, NAME, NULL);
    lua_settop(L, NAME);
    check_archive(L);
    if (push_decoded(L))
        return 1;
    pg_array *a = l_array_push(L);
    if (!find_member(L, &i)) {
        lua_pushnil(L);
        return 1;
    }
    l_check(L, pg_npz_get(a, check_archive(L), i, &err), &err);
    lua_getiuservalue(L, ARCHIVE, DECODED);
    lua_pushvalue(L, NAME);
    lua_pushvalue(L, ARRAY);
    lua_rawset(L, -3);
    lua_settop(L, ARRAY);
    l_collector_step(L);
    return 1;
}

/* load(archive) -> a table of all arrays, by name */
static int l_archive_load(lua_State *L)
{
    enum { LOADED = ARCHIVE + 1, OUT, MEMBERS, DECODED_ARRAYS, KEY };
    pg_error err;
    const char *name;
    size_t n, count = 0;
    lua_settop(L, ARCHIVE);
    l_check(L, pg_npz_check_names(check_archive(L), &err), &err);
    size_t most = pg_npz_count(check_archive(L));
    lua_newtable(L);
    pg_array **out = lua_newuserdatauv(L, most * sizeof *out, 0);
    size_t *members = lua_newuserdatauv(L, most * sizeof *members, 0);
    lua_getiuservalue(L, ARCHIVE, DECODED);
    for (size_t i = 0; i < most; i++) {
        if (!pg_npz_name(&name, &n, check_archive(L), i))
            continue;
        lua_pushlstring(L, name, n);
        lua_pushvalue(L, KEY);
        lua_rawget(L, DECODED_ARRAYS);
        out[count] = l_array_peek(L, -1);
        if (!out[count] || !out[count]->data) {
            lua_pop(L, 1);
            out[count] = l_array_push(L);
        }
        members[count++] = i;
        lua_rawset(L, LOADED);
    }
    l_check(L, pg_npz_load(out, check_archive(L), members, count, &err), &err);
    for (lua_pushnil(L); lua_next(L, LOADED);) {
        lua_pushvalue(L, KEY);
        lua_insert(L, -2);
        lua_rawset(L, DECODED_ARRAYS);
    }
    lua_settop(L, LOADED);
    l_collector_step(L);
    return 1;
}

/* archive_writes(archive) -> the number of writes to each decoded array, by
   name; freed arrays are left out */
static int l_archive_writes(lua_State *L)
{
    enum { DECODED_ARRAYS = ARCHIVE + 1, WRITES, KEY };
    lua_settop(L, ARCHIVE);
    check_archive(L);
    lua_getiuservalue(L, ARCHIVE, DECODED);
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, DECODED_ARRAYS); lua_pop(L, 1)) {
        const pg_array *a = l_array_peek(L, -1);
        if (!a || !a->data)
            continue;
        lua_pushvalue(L, KEY);
        lua_pushinteger(L, l_array_writes(a));
        lua_rawset(L, WRITES);
    }
    return 1;
}

/* form(archive, name) -> dtype, shape; nil for an unknown name; a member that
   cannot be read raises */
static int l_archive_form(lua_State *L)
{
    pg_error err;
    pg_npy_header header;
    size_t i;
    if (!find_member(L, &i))
        return 0;
    l_check(L, pg_npz_header(&header, check_archive(L), i, &err), &err);
    lua_pushstring(L, pg_dtype_name(header.dtype));
    l_shape_push(L, header.ndim, header.shape);
    return 2;
}

/* checksum(archive, name) -> integer; nil for an unknown name */
static int l_archive_checksum(lua_State *L)
{
    pg_error err;
    uint32_t sum;
    size_t i;
    if (!find_member(L, &i))
        return 0;
    l_check(L, pg_npz_checksum(&sum, check_archive(L), i, &err), &err);
    lua_pushinteger(L, sum);
    return 1;
}

/* archive[name] -> a method or an array; another name raises */
static int find_field(lua_State *L)
{
    lua_settop(L, NAME);
    l_string_check(L, NAME, NULL);
    if (l_push_method(L))
        return 1;
    l_archive_get(L);
    if (lua_isnil(L, -1)) {
        lua_settop(L, NAME);
        l_no_field_error(L);
    }
    return 1;
}

static int l_archive_index(lua_State *L)
{
    return l_call_run(L, l_archive_index, find_field);
}

static int l_archive_newindex(lua_State *L)
{
    return l_error(L,
                   "an archive's file is not written to: pg.save(path, "
                   "{%s = ...}) makes one",
                   l_tolstring(L, NAME));
}

static int l_archive_call(lua_State *L)
{
    return l_metamethod_error(
        L, "an archive is not called, and has no pairs: for _, name in "
           "ipairs(data:keys()) walks along the names, and data[name] is an "
           "array");
}

/* path(archive) -> the path that it was opened by */
static int l_archive_path(lua_State *L)
{
    l_userdata_check(L, ARCHIVE, L_ARCHIVE);
    lua_getiuservalue(L, ARCHIVE, PATH);
    return 1;
}

pg_npz *l_archive_open(lua_State *L, const char *path,
                       const pg_load_options *options)
{
    pg_error err;
    l_archive *archive = lua_newuserdatauv(L, sizeof *archive, 2);
    pg_npz *npz = &archive->npz;
    memset(npz, 0, sizeof *npz);
    archive->original = npz;
    luaL_setmetatable(L, L_ARCHIVE);
    lua_newtable(L);
    lua_setiuservalue(L, -2, DECODED);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, PATH);
    l_check(L, pg_npz_open(npz, path, options, &err), &err);
    return npz;
}

int l_archive_no_array(lua_State *L, int archive, int name)
{
    l_archive *self = lua_touserdata(L, archive);
    if (luaL_getmetafield(L, archive, "__no_field") == LUA_TNIL)
        return l_error(L, "there is no array '%s'", l_tolstring(L, name));
    lua_pushvalue(L, archive);
    lua_pushvalue(L, name);
    lua_call(L, 2, 1);
    pg_npz_close(&self->npz);
    return l_error(L, "%s", lua_tostring(L, -1));
}

static const l_class archive_class = {L_ARCHIVE, "an archive", "data", 0, NULL};

static const l_function methods[] = {
    {"keys", l_archive_keys, 0, 1, 0},
    {"get", l_archive_get, 0, 2, 0},
    {"load", l_archive_load, 0, 1, 0},
    {"checksum", l_archive_checksum, 0, 2, 0},
    {"path", l_archive_path, 0, 1, 0},
    {"form", l_archive_form, 0, 2, 0},
    {"close", l_archive_close, 0, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

static const luaL_Reg metamethods[] = {
    {"__gc", l_archive_close},          {"__close", l_archive_close},
    {"__newindex", l_archive_newindex}, {"__call", l_archive_call},
    {"__pairs", l_archive_call},        {NULL, NULL},
};

static const l_function functions[] = {
    {"archive_writes", l_archive_writes, 1, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_archive(lua_State *L)
{
    luaL_newmetatable(L, L_ARCHIVE);
    luaL_setfuncs(L, metamethods, 0);
    lua_newtable(L);
    l_add_functions(L, methods, &archive_class);
    lua_setfield(L, -2, "__methods");
    l_add_lookup(L, l_archive_index);
    lua_setfield(L, -2, "archive"); /* the library adds __tostring */
    l_add_functions(L, functions, NULL);
}
