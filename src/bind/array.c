/* Arrays as userdata: their life, their properties, their metatable. */
#include "bind.h"

#include <string.h>

#include "../core/array/storage.h"
#include "../core/base/memory.h"

/* --- life ----------------------------------------------------------------- */

/* Its address is the metatable's key in the registry, beside its name: looked
   up with every array, it is found faster. */
static const char metatable_key;

/* luv hands a userdata to another thread's state as a copy of its bytes, with
   the metatable of the same name: a view without a hold on its storage. */
typedef struct l_array {
    pg_array array;           /* the first, for lua_touserdata */
    const pg_array *original; /* where it was made */
} l_array;

pg_array *l_array_push(lua_State *L)
{
    l_array *a = lua_newuserdatauv(L, sizeof *a, 0);
    *a = (l_array){.original = &a->array};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    lua_setmetatable(L, -2);
    return &a->array;
}

static bool is_copy(const pg_array *a)
{
    return ((const l_array *)a)->original != a;
}

static pg_array *check_original(lua_State *L, int arg)
{
    pg_array *a = lua_touserdata(L, arg);
    if (is_copy(a))
        l_argument_error(
            L, arg,
            "the array belongs to another Lua state: hand over its "
            "file, or its numbers");
    return a;
}

static bool is_array(lua_State *L, int arg)
{
    if (lua_type(L, arg) != LUA_TUSERDATA || !lua_getmetatable(L, arg))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

pg_array *l_array_handle(lua_State *L, int arg)
{
    if (!is_array(L, arg))
        l_type_error(L, arg, "array");
    return check_original(L, arg);
}

pg_array *l_array_test(lua_State *L, int arg)
{
    if (!is_array(L, arg))
        return NULL;
    pg_array *a = check_original(L, arg);
    if (!a->data)
        l_argument_error(L, arg, "the array was freed");
    return a;
}

pg_array *l_array_check(lua_State *L, int arg)
{
    pg_array *a = l_array_test(L, arg);
    if (!a)
        l_type_error(L, arg, "array");
    return a;
}

int l_array_return(lua_State *L, pg_status status, const pg_error *err)
{
    l_check(L, status, err);
    l_collect(L);
    return 1;
}

/* free and __close: this handle ends, now or for the second time. */
static int l_array_free(lua_State *L)
{
    pg_array_release(l_array_handle(L, 1));
    return 0;
}

static int l_array_collect(lua_State *L)
{
    pg_array *a = lua_touserdata(L, 1);
    if (!is_array(L, 1))
        return l_type_error(L, 1, "array");
    if (!is_copy(a))
        pg_array_release(a);
    return 0;
}

/* --- the collector ----------------------------------------------------------

   Lua sees a few hundred bytes of an array, not its elements. When live C
   memory has grown by half since it was at its least, and by the slack at
   least, there is a full collection. The least is since the last collection,
   and what is freed by hand lowers it.

   A collection takes as long as Lua's heap is large. The slack is so many times
   the heap that it costs little, and otherwise small, so that what temporaries
   leave behind is still in cache when the next ones take it. */

enum {
    SLACK_A_HEAP = 4,
    LEAST_SLACK = 4 * 1024 * 1024,
    MOST_SLACK = 32 * 1024 * 1024,
};

static size_t slack(lua_State *L)
{
    size_t heap = (size_t)lua_gc(L, LUA_GCCOUNT) * 1024;
    return pg_size_max(LEAST_SLACK,
                       pg_size_min(MOST_SLACK, SLACK_A_HEAP * heap));
}

static const char least_key; /* its address is the key in the registry */

static size_t get_least(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &least_key);
    size_t least = (size_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return least;
}

static void set_least(lua_State *L, size_t live)
{
    lua_pushinteger(L, (lua_Integer)live);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &least_key);
}

void l_collect(lua_State *L)
{
    size_t live = pg_live_bytes(), least = get_least(L);
    if (live < least)
        set_least(L, live);
    /* Not 1: stopped, or this is a finalizer. */
    if (live <= least + LEAST_SLACK)
        return;
    if (live <= least + pg_size_max(least / 2, slack(L)) ||
        lua_gc(L, LUA_GCISRUNNING) != 1)
        return;
    lua_gc(L, LUA_GCCOLLECT);
    set_least(L, pg_live_bytes());
}

/* --- properties ----------------------------------------------------------- */

/* Each pushes one of the array at 1. */

static void push_shape(lua_State *L)
{
    const pg_array *a = l_array_check(L, 1);
    l_shape_push(L, a->ndim, a->shape);
}

static void push_dtype(lua_State *L)
{
    lua_pushstring(L, pg_dtype_name(l_array_check(L, 1)->dtype));
}

static void push_ndim(lua_State *L)
{
    lua_pushinteger(L, l_array_check(L, 1)->ndim);
}

static void push_size(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)pg_array_size(l_array_check(L, 1)));
}

static void push_transpose(lua_State *L)
{
    pg_array *out = l_array_push(L);
    pg_array_transpose_view(out, l_array_check(L, 1));
}

static const struct {
    const char *name;
    void (*push)(lua_State *L);
} properties[] = {
    {"shape", push_shape}, {"dtype", push_dtype}, {"ndim", push_ndim},
    {"size", push_size},   {"T", push_transpose},
};

enum { PROPERTIES = sizeof properties / sizeof *properties };

bool l_array_property(lua_State *L, const char *name)
{
    for (int i = 0; i < PROPERTIES; i++)
        if (strcmp(properties[i].name, name) == 0) {
            properties[i].push(L);
            return true;
        }
    return false;
}

static int l_array_len(lua_State *L)
{
    const pg_array *a = l_array_check(L, 1);
    if (a->ndim == 0)
        l_error(L, "an array of rank 0 has no length");
    lua_pushinteger(L, (lua_Integer)a->shape[0]);
    return 1;
}

/* Python's loop over an array calls it in Lua. */
static int l_array_call(lua_State *L)
{
    return l_error(L, "an array is not called: for i, row in ipairs(x) "
                      "walks along its first axis, and x[i] is one row");
}

static int l_array_pairs(lua_State *L)
{
    l_push_place(L, true);
    lua_pushliteral(L, "an array has no keys: for i, row in ipairs(x) walks "
                       "along its first axis");
    lua_concat(L, 2);
    return lua_error(L);
}

/* --- the metatable -------------------------------------------------------- */

static const luaL_Reg metamethods[] = {
    {"__gc", l_array_collect},  {"__close", l_array_free},
    {"__len", l_array_len},     {"__call", l_array_call},
    {"__pairs", l_array_pairs}, {NULL, NULL},
};

static const l_function operators[] = {
    {"__newindex", l_array_newindex, 0, 0, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_class array_class = {L_ARRAY, "an array", "a", 0};

static const l_function functions[] = {
    {"free", l_array_free, 0, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

lua_Integer l_array_writes(const pg_array *a)
{
    return a->storage ? (lua_Integer)pg_storage_version(a->storage) : 0;
}

/* writes(a) -> how often its elements have been written to; nil for an array
   that was freed */
static int l_array_count_writes(lua_State *L)
{
    const pg_array *a = l_array_handle(L, 1);
    if (a->data)
        lua_pushinteger(L, l_array_writes(a));
    else
        lua_pushnil(L);
    return 1;
}

static const l_function module_functions[] = {
    {"checksum_v1", l_array_checksum_v1, 1, 1, 0},
    {"writes", l_array_count_writes, 1, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

/* The functions of arrays: as methods, or as the module's. */
static void add_functions(lua_State *L, const l_class *class)
{
    l_add_functions(L, functions, class);
    l_add_views(L, class);
    l_add_index(L, class);
    l_add_math(L, class);
}

static void make_metatable(lua_State *L)
{
    luaL_newmetatable(L, L_ARRAY);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
    luaL_setfuncs(L, metamethods, 0);
    lua_newtable(L);
    add_functions(L, &array_class);
    l_add_lookup(L, l_array_index);
    l_add_operators(L, operators);
    l_add_math_operators(L);
    lua_pop(L, 1);
}

void l_open_array(lua_State *L)
{
    make_metatable(L);
    add_functions(L, NULL);
    l_add_functions(L, module_functions, NULL);
}
