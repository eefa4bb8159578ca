/* Nested Lua tables to arrays and back. */
#include "bind.h"

#include <string.h>

#include "../core/ops/create.h"

enum { ELEMENTS = 1024 }; /* before it is asked whether to go on */

/* --- to arrays ------------------------------------------------------------ */

bool l_has_only_fields(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (!lua_istable(L, index) || luaL_len(L, index) > 0)
        return false;
    lua_pushnil(L);
    if (!lua_next(L, index))
        return false;
    lua_pop(L, 2);
    return true;
}

/* The key on top, whose value is popped; it stays for lua_next. */
static void refuse_field(lua_State *L)
{
    if (lua_type(L, -1) != LUA_TSTRING || strcmp(lua_tostring(L, -1), "n") == 0)
        return;
    l_error(L,
            "a field '%s' stands among elements: options are arguments "
            "behind the table",
            lua_tostring(L, -1));
}

/* Elements in Lua's array part come first in its order of keys, and fields
   after the last of them. Where an element comes after it, they are hashed, and
   all keys are looked at. */
void l_refuse_fields(lua_State *L, int index, lua_Integer length)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 2, NULL);
    lua_pushinteger(L, length);
    lua_rawgeti(L, index, length);
    if (length == 0 || lua_isnil(L, -1)) { /* no key of its own */
        lua_pop(L, 2);
        lua_pushnil(L);
    } else {
        lua_pop(L, 1);
    }
    bool hashed = false;
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        hashed = hashed || lua_isinteger(L, -1);
        refuse_field(L);
    }
    if (!hashed)
        return;
    for (lua_pushnil(L); lua_next(L, index);) {
        lua_pop(L, 1);
        refuse_field(L);
    }
}

/* The shape of the nested table on top, from the first element of each level;
   what is no table is the leaf. Returns the rank; the leaf is on top then. */
static int nested_shape(lua_State *L, size_t *shape)
{
    int ndim = 0;
    while (lua_istable(L, -1)) {
        if (ndim == PG_MAXDIM)
            l_error(L, "tables nested deeper than rank %d", PG_MAXDIM);
        lua_Integer length = luaL_len(L, -1);
        if (length < 0)
            l_error(L, "a table of length %I is no array", length);
        shape[ndim++] = (size_t)length;
        if (l_has_only_fields(L, -1))
            l_error(L, "a table of fields, not of elements, is no array");
        if (ndim == 1)
            l_refuse_fields(L, -1, length);
        lua_geti(L, -1, 1);
        lua_remove(L, -2);
        if (length == 0)
            break;
    }
    return ndim;
}

/* Raises for the array on top, which stands among the elements of a table;
   returns for anything else. */
static void refuse_array(lua_State *L)
{
    char text[PG_SHAPE_TEXT];
    const pg_array *a = luaL_testudata(L, -1, L_ARRAY);
    if (a)
        l_error(L,
                "an array of shape %s is no element of a table: "
                "pg.stack{a, b} joins arrays along a new axis, "
                "pg.concat{a, b} along one that they have",
                pg_shape_text(text, a));
}

/* Where in the nested table an element or a row stands, as the end of a
   sentence: ", at {517, 2}"; "" for the table itself. */
static const char *push_place(lua_State *L, const pg_array *a, int axes,
                              const char *at)
{
    size_t rest = (size_t)(at - (const char *)a->data);
    lua_pushstring(L, axes > 0 ? ", at {" : "");
    for (int k = 0; k < axes; k++) {
        size_t stride = (size_t)a->strides[k];
        lua_pushfstring(L, "%s%I%s", k > 0 ? ", " : "",
                        (lua_Integer)(stride > 0 ? rest / stride : 0) + 1,
                        k + 1 == axes ? "}" : "");
        lua_concat(L, 2);
        rest = stride > 0 ? rest % stride : rest;
    }
    return lua_tostring(L, -1);
}

static void store_leaf(lua_State *L, const pg_array *a, bool told, char *at)
{
    pg_error err;
    pg_scalar scalar;
    pg_element element;
    if (!l_scalar_test(L, -1, &scalar)) {
        refuse_array(L);
        const char *found = luaL_typename(L, -1);
        l_error(L, "an array element must be a number or boolean, not %s%s",
                found, push_place(L, a, a->ndim, at));
    }
    if (!told && a->dtype == PG_BOOL && scalar.kind != 'b')
        l_error(L, "a number among booleans%s: give a dtype to mix them",
                push_place(L, a, a->ndim, at));
    l_check(L, pg_scalar_store(&element, scalar, a->dtype, &err), &err);
    memcpy(at, &element, pg_dtype_size(a->dtype));
}

/* The table on top fills a along axis and behind it, from `at`. told: the
   dtype was asked for, and not found in the table. */
static void store_nested(lua_State *L, const pg_array *a, bool told, int axis,
                         char *at)
{
    if (axis == a->ndim) {
        store_leaf(L, a, told, at);
        return;
    }
    if (!lua_istable(L, -1)) {
        refuse_array(L);
        const char *found = luaL_typename(L, -1);
        l_error(L, "a %s where a table of %I elements was expected%s", found,
                (lua_Integer)a->shape[axis], push_place(L, a, axis, at));
    }
    lua_Integer length = luaL_len(L, -1);
    if ((size_t)length != a->shape[axis])
        l_error(L, "rows of different lengths: %I and %I%s",
                (lua_Integer)a->shape[axis], length,
                push_place(L, a, axis, at));
    luaL_checkstack(L, 1, NULL);
    for (lua_Integer i = 0; i < length; i++) {
        if (i % ELEMENTS == 0)
            l_check_interrupt(L);
        lua_geti(L, -1, i + 1);
        store_nested(L, a, told, axis + 1, at + i * a->strides[axis]);
        lua_pop(L, 1);
    }
}

pg_array *l_array_from_value(lua_State *L, int arg, const pg_dtype *dtype)
{
    pg_error err;
    size_t shape[PG_MAXDIM];
    arg = lua_absindex(L, arg);
    lua_pushvalue(L, arg);
    int ndim = nested_shape(L, shape);
    pg_dtype natural = lua_isboolean(L, -1) ? PG_BOOL : PG_FLOAT64;
    lua_pop(L, 1);
    pg_array *a = l_array_push(L);
    l_check(L, pg_array_new(a, dtype ? *dtype : natural, ndim, shape, &err),
            &err);
    lua_pushvalue(L, arg);
    store_nested(L, a, dtype != NULL, 0, a->data);
    lua_pop(L, 1);
    l_collect(L);
    return a;
}

pg_array *l_array_to(lua_State *L, int arg)
{
    pg_array *a = l_array_test(L, arg);
    if (a)
        return a;
    int type = lua_type(L, arg);
    if (type != LUA_TTABLE && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
        l_type_error(L, arg, "array, number or table");
    arg = lua_absindex(L, arg);
    a = l_array_from_value(L, arg, NULL);
    lua_replace(L, arg);
    return a;
}

void l_arrays_to(lua_State *L, const pg_array **a, int arg_a,
                 const pg_array **b, int arg_b)
{
    l_array_to(L, arg_a);
    *b = l_array_to(L, arg_b);
    *a = l_array_check(L, arg_a);
}

/* --- to tables ------------------------------------------------------------ */

static void push_element(lua_State *L, const pg_array *a, const char *at)
{
    l_scalar_push(L, pg_scalar_load(at, a->dtype));
}

static void push_nested(lua_State *L, const pg_array *a, int axis,
                        const char *at)
{
    if (axis == a->ndim) {
        push_element(L, a, at);
        return;
    }
    luaL_checkstack(L, 2, NULL);
    lua_createtable(L, (int)pg_size_min(a->shape[axis], 1 << 20), 0);
    for (size_t i = 0; i < a->shape[axis]; i++) {
        if (i % ELEMENTS == 0)
            l_check_interrupt(L);
        push_nested(L, a, axis + 1, at + (ptrdiff_t)i * a->strides[axis]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* Nested tables of the elements; of rank 0, the element. */
int l_array_tolist(lua_State *L)
{
    lua_settop(L, 1);
    /* A view of its own: making tables may run a finalizer that frees a. */
    pg_array *view = l_array_push(L);
    pg_array_view(view, l_array_to(L, 1));
    push_nested(L, view, 0, view->data);
    return 1;
}

int l_array_return_scalar(lua_State *L, pg_status status, const pg_error *err)
{
    l_array_return(L, status, err);
    const pg_array *a = l_array_check(L, -1);
    if (a->ndim == 0)
        push_element(L, a, a->data);
    return 1;
}

int l_array_item(lua_State *L)
{
    pg_error err;
    pg_scalar scalar;
    l_check(L, pg_array_item(&scalar, l_array_to(L, 1), &err), &err);
    l_scalar_push(L, scalar);
    return 1;
}
