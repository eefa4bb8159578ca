/* Opening and saving NPY and NPZ files. */
#include "bind.h"

#include <stdlib.h>
#include <string.h>

#include "../core/io/input.h"
#include "../core/io/npz.h"
#include "../core/io/output.h"

#define L_ARCHIVE "perigee.archive"

/* --- archives ----------------------------------------------------------------

   The userdata's first user value keeps what was decoded, by name; the second
   the path. */

enum { DECODED = 1, PATH = 2 };

/* As with arrays, a copy of the bytes in another state owns nothing. */
typedef struct l_archive {
    pg_npz npz;
    const pg_npz *original; /* where it was made */
} l_archive;

/* Not held across what may run a finalizer, which may close the archive. */
static pg_npz *check_archive(lua_State *L)
{
    l_archive *archive = l_userdata_check(L, 1, L_ARCHIVE);
    pg_npz *npz = &archive->npz;
    l_argument_check(L, archive->original == npz, 1,
                     "the archive belongs to another Lua state: open its file "
                     "here");
    l_argument_check(L, pg_npz_is_open(npz), 1, "the archive was closed");
    return npz;
}

/* close, __gc and __close: arrays that were decoded outlive the archive. */
static int l_archive_close(lua_State *L)
{
    l_archive *archive = l_userdata_check(L, 1, L_ARCHIVE);
    if (archive->original != &archive->npz)
        return 0;
    pg_npz_close(&archive->npz);
    lua_pushnil(L);
    lua_setiuservalue(L, 1, DECODED);
    return 0;
}

/* The names of the arrays, in the file's order. */
static int l_archive_keys(lua_State *L)
{
    lua_newtable(L);
    lua_Integer n = 0;
    for (size_t i = 0; i < pg_npz_count(check_archive(L)); i++) {
        const char *name;
        size_t length = pg_npz_name(&name, check_archive(L), i);
        if (length == 0)
            continue;
        lua_pushlstring(L, name, length);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* Pushes the array of that name if it was decoded before, and not freed since;
   else pushes nothing. */
static bool push_decoded(lua_State *L)
{
    lua_getiuservalue(L, 1, DECODED);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    const pg_array *a = luaL_testudata(L, -1, L_ARRAY);
    if (a && a->data)
        return true;
    lua_pop(L, 2);
    return false;
}

/* The array named at 2, or nil. A damaged one raises. */
static int l_archive_get(lua_State *L)
{
    pg_error err;
    size_t n, i;
    const char *name = l_string_check(L, 2, &n);
    lua_settop(L, 2);
    check_archive(L);
    if (push_decoded(L))
        return 1;
    pg_array *a = l_array_push(L);
    pg_npz *npz = check_archive(L);
    if (!pg_npz_find(&i, npz, name, n)) {
        lua_pushnil(L);
        return 1;
    }
    l_check(L, pg_npz_get(a, npz, i, &err), &err);
    lua_getiuservalue(L, 1, DECODED);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 3);
    lua_rawset(L, -3);
    lua_settop(L, 3);
    l_collect(L);
    return 1;
}

/* archive_writes(archive) -> how often each of the arrays that were decoded has
   been written to since, by name; one that was freed has none. */
static int l_archive_writes(lua_State *L)
{
    check_archive(L);
    lua_getiuservalue(L, 1, DECODED);
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, -3); lua_pop(L, 1)) {
        const pg_array *a = luaL_testudata(L, -1, L_ARRAY);
        if (!a || !a->data)
            continue;
        lua_pushvalue(L, -2);
        lua_pushinteger(L, l_array_writes(a));
        lua_rawset(L, -5);
    }
    return 1;
}

/* The member that the name at 2 means; false where there is none. */
static bool find_member(lua_State *L, size_t *i)
{
    size_t n;
    const char *name = l_string_check(L, 2, &n);
    return pg_npz_find(i, check_archive(L), name, n);
}

/* form(name) -> dtype, shape; nil for a name that there is not. A member that
   cannot be read raises. */
static int l_archive_form(lua_State *L)
{
    pg_error err;
    pg_npy_form form;
    size_t i;
    if (!find_member(L, &i))
        return 0;
    l_check(L, pg_npz_form(&form, check_archive(L), i, &err), &err);
    lua_pushstring(L, pg_dtype_name(form.dtype));
    l_shape_push(L, form.ndim, form.shape);
    return 2;
}

/* checksum(name) -> integer, or nil for a name that there is not */
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

static int find_field(lua_State *L)
{
    lua_settop(L, 2);
    l_string_check(L, 2, NULL);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, l_methods_index()) != LUA_TNIL)
        return 1;
    lua_settop(L, 2);
    l_archive_get(L);
    if (lua_isnil(L, -1)) {
        lua_settop(L, 2);
        l_raise_no_field(L);
    }
    return 1;
}

/* A method or an array. A name that is neither raises. */
static int l_archive_index(lua_State *L)
{
    return l_run(L, l_archive_index, find_field);
}

static int l_archive_newindex(lua_State *L)
{
    return l_error(L,
                   "an archive's file is not written to: pg.save(path, "
                   "{%s = ...}) makes one",
                   l_tolstring(L, 2));
}

static int l_archive_call(lua_State *L)
{
    l_push_place(L, true);
    lua_pushliteral(L, "an archive is not called, and has no pairs: for _, "
                       "name in ipairs(data:keys()) walks along the names, and "
                       "data[name] is an array");
    lua_concat(L, 2);
    return lua_error(L);
}

static int l_archive_path(lua_State *L)
{
    l_userdata_check(L, 1, L_ARCHIVE);
    lua_getiuservalue(L, 1, PATH);
    return 1;
}

static int open_archive(lua_State *L, const char *path)
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
    l_check(L, pg_npz_open(npz, path, &err), &err);
    return 1;
}

/* --- load and save -------------------------------------------------------- */

static int load_array(lua_State *L, const char *path)
{
    pg_error err;
    pg_array *a = l_array_push(L);
    l_check(L, pg_npy_load(a, path, &err), &err);
    l_collect(L);
    return 1;
}

/* An array or an archive, as the file's first bytes say. */
static int l_file_load(lua_State *L)
{
    pg_error err;
    bool is_npy = false;
    const char *path = l_path_check(L, 1);
    l_check(L, pg_npy_test(&is_npy, path, &err), &err);
    return is_npy ? load_array(L, path) : open_archive(L, path);
}

/* A writer as userdata, closed when its function ends: an error on the way
   discards what was begun, at once. */
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

/* The name at index; what is no good name raises. */
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

/* Replaces what is on top by an array of it. */
static void convert_member(lua_State *L, const char *name)
{
    int type = lua_type(L, -1);
    const pg_array *a = luaL_testudata(L, -1, L_ARRAY);
    if (a && !a->data)
        l_error(L, "save: the array '%s' was freed", name);
    if (!a && type != LUA_TTABLE && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
        l_error(L,
                "save: '%s' is a %s where an array, number or table was "
                "expected",
                name, luaL_typename(L, -1));
    if (l_has_only_fields(L, -1))
        l_error(L, "save: '%s' is a table of fields, not of elements", name);
    l_array_to(L, lua_gettop(L));
}

/* Pushes a table of the arrays that the table at 2 holds, by name. All is
   checked and converted before a file is begun. */
static void push_members(lua_State *L)
{
    lua_newtable(L);
    int members = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, 2);) {
        const char *name = check_name(L, -2);
        convert_member(L, name);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, members);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Pushes the names of the arrays in the table on top, which keeps them alive,
   in the order of their bytes: the same in every locale. */
static const char **push_names(lua_State *L, size_t *count)
{
    int members = lua_gettop(L);
    *count = 0;
    for (lua_pushnil(L); lua_next(L, members); lua_pop(L, 1))
        ++*count;
    const char **names = lua_newuserdatauv(L, *count * sizeof *names, 0);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, members); lua_pop(L, 1))
        names[n++] = lua_tostring(L, -2);
    qsort(names, n, sizeof *names, by_name);
    return names;
}

static pg_status write_members(lua_State *L, pg_zip_writer *w, int members,
                               const char **names, size_t count, bool compress,
                               pg_error *err)
{
    pg_status status = PG_OK;
    for (size_t i = 0; i < count && status == PG_OK; i++) {
        lua_getfield(L, members, names[i]);
        status = pg_npz_add(w, names[i], l_array_check(L, -1), compress, err);
        lua_pop(L, 1);
    }
    return status;
}

/* The value of compress on top of the stack, which must be a boolean. */
static bool check_compress(lua_State *L)
{
    bool is_text = lua_type(L, -1) == LUA_TSTRING;
    if (!lua_isboolean(L, -1))
        l_error(L,
                is_text ? "save: compress must be true or false, not '%s'"
                        : "save: compress must be true or false, not %s",
                luaL_tolstring(L, -1, NULL));
    return lua_toboolean(L, -1);
}

/* The option there is; a misspelt one raises. */
static bool compress_option(lua_State *L, int arg)
{
    bool compress = false;
    if (lua_isnoneornil(L, arg))
        return false;
    l_type_check(L, arg, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING ||
            strcmp(lua_tostring(L, -2), "compress") != 0)
            l_error(L, "save: there is no option '%s'; there is: compress",
                    l_tolstring(L, -2));
        compress = check_compress(L);
    }
    return compress;
}

static int save_archive(lua_State *L, const char *path)
{
    pg_error err;
    bool compress = compress_option(L, 3);
    lua_settop(L, 3);
    size_t count;
    push_members(L);
    const char **names = push_names(L, &count);
    pg_zip_writer *w = push_writer(L);
    pg_status status = pg_zip_writer_open(w, path, &err);
    if (status == PG_OK)
        status = write_members(L, w, 4, names, count, compress, &err);
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

/* save("w.npy", array) or save("w.npz", {name = array} [, {compress = true}]):
   the name says which. */
static int l_file_save(lua_State *L)
{
    pg_error err;
    const char *path = l_path_check(L, 1);
    if (ends_with(path, ".npz")) {
        l_argument_check(L, lua_istable(L, 2), 2,
                         "an .npz file takes a table of named arrays");
        return save_archive(L, path);
    }
    l_argument_check(L, ends_with(path, ".npy"), 1,
                     "the name must end in .npy (an array) or .npz (a table)");
    l_argument_check(L, !compress_option(L, 3), 3,
                     "an .npy file is not compressed: compress is for .npz");
    l_argument_check(L, !l_has_only_fields(L, 2), 2,
                     "an .npy file takes one array; named arrays go into .npz");
    l_check(L, pg_npy_save(path, l_array_to(L, 2), &err), &err);
    lua_pushboolean(L, true);
    return 1;
}

/* write(path, text): true. */
static int l_file_write(lua_State *L)
{
    const char *path = l_path_check(L, 1);
    size_t n;
    l_argument_expect(L, lua_type(L, 2) == LUA_TSTRING, 2, "string");
    const char *text = lua_tolstring(L, 2, &n);
    pg_error err;
    l_check(L, pg_output_save(path, text, n, &err), &err);
    lua_pushboolean(L, true);
    return 1;
}

/* exists(path): true or false. */
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
    {"load", l_file_load, 0, 1, 0},
    {"save", l_file_save, 0, 3, 0},
    {"write", l_file_write, 0, 2, 0},
    {"exists", l_file_exists, 0, 1, 0},
    {"archive_writes", l_archive_writes, 1, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_class archive_class = {L_ARCHIVE, "an archive", "data", 0};

static const l_function methods[] = {
    {"keys", l_archive_keys, 0, 1, 0},
    {"get", l_archive_get, 0, 2, 0},
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

void l_open_file(lua_State *L)
{
    luaL_newmetatable(L, L_WRITER);
    lua_pushcfunction(L, l_writer_close);
    lua_setfield(L, -2, "__close");
    luaL_newmetatable(L, L_ARCHIVE);
    luaL_setfuncs(L, metamethods, 0);
    lua_newtable(L);
    l_add_functions(L, methods, &archive_class);
    l_add_lookup(L, l_archive_index);
    lua_setfield(L, -3, "archive"); /* its text is made in Lua */
    lua_pop(L, 1);
    l_add_functions(L, functions, NULL);
}
