/* Nested Lua tables to arrays and back. */
#include "bind/array/nested_table.h"

#include <string.h>

#include "bind/base/argument_error.h"
#include "bind/base/call.h"
#include "bind/base/collector.h"
#include "bind/base/error.h"
#include "bind/base/interrupt.h"
#include "bind/base/list.h"
#include "bind/base/open.h"
#include "bind/base/scalar.h"
#include "bind/base/status.h"
#include "bind/base/traced.h"

enum { CHUNK = 1024 }; /* elements between two polls for interrupts */

/* --- to arrays ------------------------------------------------------------ */

/* The shape of the nested table on top, from the first element of each level.
   Replaces it by its first element that is no table, and returns the rank. */
static int nested_shape(lua_State *L, size_t *shape)
{
    int ndim = 0;
    while (lua_istable(L, -1)) {
        l_call_leave_traced(L, -1);
        if (ndim == PG_MAXDIM)
            l_error(L, "tables nested deeper than rank %d", PG_MAXDIM);
        l_list_refuse_object(L, -1);
        lua_Integer length = luaL_len(L, -1);
        if (length < 0)
            l_error(L, "a table of length %I is no array", length);
        shape[ndim++] = (size_t)length;
        if (l_list_has_only_fields(L, -1))
            l_error(L, "a table of fields, not of elements, is no array");
        if (ndim == 1)
            l_list_refuse_fields(L, -1, length);
        lua_geti(L, -1, 1);
        lua_remove(L, -2);
        if (length == 0)
            break;
    }
    return ndim;
}

/* Raises if an array is on top: it stands among the elements of a table. */
static void refuse_array(lua_State *L)
{
    char text[PG_SHAPE_TEXT];
    const pg_array *a = l_array_peek(L, -1);
    l_call_leave_traced(L, -1);
    if (a)
        l_error(L,
                "an array of shape %s is no element of a table: "
                "pg.stack{a, b} joins arrays along a new axis, "
                "pg.concat{a, b} along one that they have",
                pg_shape_text(text, a));
}

/* Pushes where an element or a row stands in the nested table, as the end of a
   sentence: ", at {517, 2}"; "" for the table itself. axes is the number of
   positions, element the first byte. */
static const char *push_position(lua_State *L, const pg_array *a, int axes,
                                 const char *element)
{
    size_t rest = (size_t)(element - (const char *)a->data);
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

/* An array that is filled from a nested table. */
typedef struct filling {
    const pg_array *array;
    bool has_dtype; /* given by the caller, not found in the table */
} filling;

static void store_element(lua_State *L, filling f, char *element)
{
    pg_error err;
    pg_scalar scalar;
    pg_element stored;
    const pg_array *a = f.array;
    if (!l_scalar_test(L, -1, &scalar)) {
        refuse_array(L);
        const char *found = luaL_typename(L, -1);
        l_error(L, "an array element must be a number or boolean, not %s%s",
                found, push_position(L, a, a->ndim, element));
    }
    if (!f.has_dtype && a->dtype == PG_BOOL && scalar.kind != 'b')
        l_error(L, "a number among booleans%s: give a dtype to mix them",
                push_position(L, a, a->ndim, element));
    l_check(L, pg_scalar_store(&stored, scalar, a->dtype, &err), &err);
    memcpy(element, &stored, pg_dtype_size(a->dtype));
}

/* Fills the array along axis and all later axes, from the table on top. */
static void store_nested(lua_State *L, filling f, int axis, char *row)
{
    const pg_array *a = f.array;
    if (axis == a->ndim) {
        store_element(L, f, row);
        return;
    }
    if (!lua_istable(L, -1) || l_is_traced(L, -1)) {
        refuse_array(L);
        const char *found = luaL_typename(L, -1);
        l_error(L, "a %s where a table of %I elements was expected%s", found,
                (lua_Integer)a->shape[axis], push_position(L, a, axis, row));
    }
    lua_Integer length = luaL_len(L, -1);
    if ((size_t)length != a->shape[axis])
        l_error(L, "rows of different lengths: %I and %I%s",
                (lua_Integer)a->shape[axis], length,
                push_position(L, a, axis, row));
    luaL_checkstack(L, 1, NULL);
    for (lua_Integer i = 0; i < length; i++) {
        if (i % CHUNK == 0)
            l_check_interrupt(L);
        lua_geti(L, -1, i + 1);
        store_nested(L, f, axis + 1, row + i * a->strides[axis]);
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
    pg_array *a = l_array_push_result(L, l_shape_room(ndim, shape));
    l_check(L, pg_array_new(a, dtype ? *dtype : natural, ndim, shape, &err),
            &err);
    bool is_counted = l_array_finish(L);
    lua_pushvalue(L, arg);
    store_nested(L, (filling){a, dtype != NULL}, 0, a->data);
    lua_pop(L, 1);
    if (is_counted)
        l_collector_step(L);
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

/* --- to tables and numbers ------------------------------------------------ */

static void push_nested(lua_State *L, const pg_array *a, int axis,
                        const char *row)
{
    if (axis == a->ndim) {
        l_scalar_push(L, pg_scalar_load(row, a->dtype));
        return;
    }
    luaL_checkstack(L, 2, NULL);
    lua_createtable(L, (int)pg_size_min(a->shape[axis], 1 << 20), 0);
    for (size_t i = 0; i < a->shape[axis]; i++) {
        if (i % CHUNK == 0)
            l_check_interrupt(L);
        push_nested(L, a, axis + 1, row + (ptrdiff_t)i * a->strides[axis]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* tolist(a) -> nested tables of the elements; of rank 0, the element */
static int l_array_tolist(lua_State *L)
{
    lua_settop(L, 1);
    /* A view keeps the elements: a finalizer may free the array meanwhile. */
    pg_array *view = l_array_push(L);
    pg_array_view(view, l_array_to(L, 1));
    push_nested(L, view, 0, view->data);
    return 1;
}

int l_array_push_item(lua_State *L, int arg)
{
    pg_error err;
    pg_scalar scalar;
    l_check(L, pg_array_item(&scalar, l_array_to(L, arg), &err), &err);
    l_scalar_push(L, scalar);
    return 1;
}

/* item(a) -> the one element */
static int l_array_item(lua_State *L)
{
    return l_array_push_item(L, 1);
}

int l_array_return_scalar(lua_State *L, pg_status status, const pg_error *err)
{
    l_array_return(L, status, err);
    if (l_array_check(L, -1)->ndim == 0)
        l_array_push_item(L, -1);
    return 1;
}

static const l_function functions[] = {
    {"tolist", l_array_tolist, 1, 1, 0},
    {"item", l_array_item, 1, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_nested_table(lua_State *L)
{
    l_array_add_functions(L, functions);
}
