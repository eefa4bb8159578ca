/* Arrays as userdata: lifetime, properties, metatable. */
#include "bind/array/array.h"

#include <string.h>

#include "bind/array/shape.h"
#include "bind/base/argument_error.h"
#include "bind/base/call.h"
#include "bind/base/collector.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/array/storage.h"

/* --- lifetime ------------------------------------------------------------- */

/* Keys of the metatables in the registry: lookups by address are fast, and each
   new array does one. counted_key is also the mark of every l_array.

   A finalizer takes longer than a small operation. So the elements of small
   results stand in the userdata, where the collector frees them, and arrays
   have one of two metatables: `counted` has __gc, which releases a storage,
   `placed` is the same without it. Views of such elements keep their userdata
   alive by a user value. getmetatable gives the first of both. */
static const char counted_key, placed_key;

/* The most bytes of elements in a userdata, and the room for a result whose
   size is not known. More would fill the level 1 cache, and make an incremental
   collector, which looks at all of the heap each time that it has doubled, run
   for every few results. */
enum { MOST_ROOM = 16384, USUAL_ROOM = 512 };
enum { ALIGNMENT = 64 };

/* luv hands a userdata to another thread's state as a copy of its bytes, with
   the metatable of the same name. Such a copy does not hold the storage. */
typedef struct l_array {
    pg_array array;           /* first: lua_touserdata gives its address */
    const pg_array *original; /* the array's address; a copy has another */
    const void *mark;         /* &counted_key: tells arrays from other values */
    size_t room;              /* bytes of elements that fit behind it */
    bool is_finished;
    char memory[]; /* of a placed storage, which is aligned in it */
} l_array;

static void *placed_memory(const l_array *a)
{
    uintptr_t end = (uintptr_t)a->memory + ALIGNMENT - 1;
    return (void *)(end - end % ALIGNMENT);
}

static l_array *push(lua_State *L, size_t room)
{
    size_t memory = room > 0 ? PG_STORAGE_HEADER + room + ALIGNMENT - 1 : 0;
    l_array *a = lua_newuserdatauv(L, sizeof *a + memory, 1);
    *a = (l_array){.original = &a->array, .mark = &counted_key, .room = room};
    return a;
}

static void set_metatable(lua_State *L, const void *key)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, (lua_Integer)(intptr_t)key);
    lua_setmetatable(L, -2);
}

pg_array *l_array_push(lua_State *L)
{
    l_array *a = push(L, 0);
    a->is_finished = true;
    set_metatable(L, &counted_key);
    return &a->array;
}

pg_array *l_array_push_result(lua_State *L, size_t room)
{
    return &push(L, room)->array;
}

/* The array at an index, of any state; NULL for anything else. */
static l_array *array_at(lua_State *L, int index)
{
    l_array *a = lua_touserdata(L, index);
    return a && lua_rawlen(L, index) >= sizeof *a && a->mark == &counted_key
               ? a
               : NULL;
}

pg_array *l_array_peek(lua_State *L, int index)
{
    l_array *a = array_at(L, index);
    return a ? &a->array : NULL;
}

size_t l_shape_room(int ndim, const size_t *shape)
{
    size_t size = sizeof(double);
    for (int i = 0; i < ndim; i++)
        if (!pg_size_multiply(&size, size, shape[i]) || size > MOST_ROOM)
            return 0;
    return size;
}

size_t l_array_room(lua_State *L, int arg)
{
    const l_array *a = array_at(L, arg);
    return a && a->array.data ? l_shape_room(a->array.ndim, a->array.shape) : 0;
}

size_t l_array_usual_room(lua_State *L, int arg)
{
    return l_array_room(L, arg) > 0 ? USUAL_ROOM : 0;
}

void l_array_offer_memory(pg_array *out)
{
    l_array *a = (l_array *)out;
    if (a->room > 0)
        pg_storage_offer(placed_memory(a), a->room);
}

/* Has the array on top keep the userdata alive in which its elements stand: its
   own, or that of an array below it, or that which such a view keeps. A view
   that is not finished keeps none. */
static void keep_elements(lua_State *L, const l_array *a)
{
    const pg_storage *storage = a->array.storage;
    if (storage == placed_memory(a))
        return;
    for (int i = lua_gettop(L) - 1; i > 0; i--) {
        const l_array *other = array_at(L, i);
        if (!other || other->array.storage != storage)
            continue;
        if (storage == placed_memory(other))
            lua_pushvalue(L, i);
        else
            lua_getiuservalue(L, i, 1);
        if (!lua_isnil(L, -1)) {
            lua_setiuservalue(L, -2, 1);
            return;
        }
        lua_pop(L, 1);
    }
    l_error(L, "the array of a view is not on the stack");
}

bool l_array_finish(lua_State *L)
{
    l_array *a = lua_touserdata(L, -1);
    if (a->room > 0 && a->array.storage)
        pg_array_place(&a->array, placed_memory(a), a->room);
    if (a->array.is_placed)
        keep_elements(L, a);
    if (!a->is_finished)
        set_metatable(L, a->array.is_placed ? &placed_key : &counted_key);
    a->is_finished = true;
    return !a->array.is_placed;
}

static bool is_copy(const l_array *a)
{
    return a->original != &a->array;
}

static pg_array *check_original(lua_State *L, int arg, l_array *a)
{
    if (is_copy(a))
        l_argument_error(
            L, arg,
            "the array belongs to another Lua state: hand over its "
            "file, or its numbers");
    return &a->array;
}

pg_array *l_array_handle(lua_State *L, int arg)
{
    l_array *a = array_at(L, arg);
    if (!a)
        l_type_error(L, arg, "array");
    return check_original(L, arg, a);
}

pg_array *l_array_test(lua_State *L, int arg)
{
    l_array *found = array_at(L, arg);
    if (!found) {
        l_call_leave_traced(L, arg);
        return NULL;
    }
    pg_array *a = check_original(L, arg, found);
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
    pg_storage_offer(NULL, 0);
    l_check(L, status, err);
    if (l_array_finish(L))
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
    l_array *a = array_at(L, 1);
    if (!a)
        return l_type_error(L, 1, "array");
    if (!is_copy(a))
        pg_array_release(&a->array);
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
    pg_array *out = l_array_push_result(L, 0);
    pg_array_transpose_view(out, l_array_check(L, 1));
    l_array_finish(L);
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

static bool is_instance(lua_State *L, int arg)
{
    return array_at(L, arg) != NULL;
}

static const l_class array_class = {L_ARRAY, "an array", "a", 0, is_instance};

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

void l_array_copy_metatable(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, (lua_Integer)(intptr_t)&counted_key);
    int counted = lua_gettop(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, (lua_Integer)(intptr_t)&placed_key);
    int placed = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, counted);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, placed);
    }
    lua_pushnil(L);
    lua_setfield(L, placed, "__gc");
    lua_pushvalue(L, counted);
    lua_setfield(L, placed, "__metatable");
    lua_settop(L, counted - 1);
}

/* copy_array_metatable(): for metamethods that were added in Lua */
static int l_array_copied_metatable(lua_State *L)
{
    l_array_copy_metatable(L);
    return 0;
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
    {"copy_array_metatable", l_array_copied_metatable, 0, 0, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_array(lua_State *L)
{
    luaL_newmetatable(L, L_ARRAY);
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, (lua_Integer)(intptr_t)&counted_key);
    lua_newtable(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, (lua_Integer)(intptr_t)&placed_key);
    luaL_setfuncs(L, metamethods, 0);
    lua_newtable(L);
    lua_setfield(L, -2, "__methods");
    lua_pop(L, 1);
    l_array_add_functions(L, functions);
    l_add_functions(L, module_functions, NULL);
}
