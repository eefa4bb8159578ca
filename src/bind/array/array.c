/* Arrays as userdata: lifetime, properties, metatable. */
#include "bind/array/array.h"

#include <string.h>

#include "bind/array/shape.h"
#include "bind/base/argument_error.h"
#include "bind/base/collector.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/array/storage.h"

/* --- lifetime ------------------------------------------------------------- */

/* Its address is a second key of the metatable in the registry: a lookup by
   address is faster than one by name, and each new array does one. */
static const char metatable_key;

/* luv hands a userdata to another thread's state as a copy of its bytes, with
   the metatable of the same name. Such a copy does not hold the storage. */
typedef struct l_array {
    pg_array array;           /* first: lua_touserdata gives its address */
    const pg_array *original; /* the array's address; a copy has another */
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
    l_collector_step(L);
    return 1;
}

/* free and __close, which may be called again */
static int l_array_free(lua_State *L)
{
    pg_array_release(l_array_handle(L, 1));
    return 0;
}

static int l_array_gc(lua_State *L)
{
    pg_array *a = lua_touserdata(L, 1);
    if (!is_array(L, 1))
        return l_type_error(L, 1, "array");
    if (!is_copy(a))
        pg_array_release(a);
    return 0;
}

/* --- properties ----------------------------------------------------------- */

/* Each function pushes a property of the array at 1. */

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
    {"size", push_size},   {"T", push_transpose}, {NULL, NULL},
};

bool l_array_property(lua_State *L, const char *name)
{
    for (int i = 0; properties[i].name; i++)
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

/* Raises: Lua calls what stands behind `in`, where Python has an iterable. */
static int l_array_call(lua_State *L)
{
    return l_error(L, "an array is not called: for i, row in ipairs(x) "
                      "walks along its first axis, and x[i] is one row");
}

static int l_array_pairs(lua_State *L)
{
    return l_metamethod_error(L, "an array has no keys: for i, row in "
                                 "ipairs(x) walks along its first axis");
}

lua_Integer l_array_writes(const pg_array *a)
{
    return a->storage ? (lua_Integer)pg_storage_version(a->storage) : 0;
}

/* writes(a) -> l_array_writes; nil for an array that was freed */
static int l_array_count_writes(lua_State *L)
{
    const pg_array *a = l_array_handle(L, 1);
    if (a->data)
        lua_pushinteger(L, l_array_writes(a));
    else
        lua_pushnil(L);
    return 1;
}

/* --- the class ------------------------------------------------------------ */

static const l_class array_class = {L_ARRAY, "an array", "a", 0};

void l_array_add_functions(lua_State *L, const l_function *functions)
{
    l_add_functions(L, functions, NULL);
    luaL_getmetatable(L, L_ARRAY);
    lua_getfield(L, -1, "__methods");
    l_add_functions(L, functions, &array_class);
    lua_pop(L, 2);
}

void l_array_add_operators(lua_State *L, const l_function *operators)
{
    luaL_getmetatable(L, L_ARRAY);
    l_add_operators(L, operators);
    lua_pop(L, 1);
}

static const luaL_Reg metamethods[] = {
    {"__gc", l_array_gc},       {"__close", l_array_free},
    {"__len", l_array_len},     {"__call", l_array_call},
    {"__pairs", l_array_pairs}, {NULL, NULL},
};

static const l_function functions[] = {
    {"free", l_array_free, 0, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function module_functions[] = {
    {"writes", l_array_count_writes, 1, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_array(lua_State *L)
{
    luaL_newmetatable(L, L_ARRAY);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
    luaL_setfuncs(L, metamethods, 0);
    lua_newtable(L);
    lua_setfield(L, -2, "__methods");
    lua_pop(L, 1);
    l_array_add_functions(L, functions);
    l_add_functions(L, module_functions, NULL);
}
