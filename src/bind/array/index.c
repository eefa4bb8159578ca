/* Reads and writes by index: a[i], a["1:10, :"], a[mask], a.shape. */
#include "bind/array/index.h"

#include <string.h>

#include "bind/array/index_key.h"
#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/scalar.h"
#include "bind/base/status.h"
#include "core/array/copy.h"
#include "core/array/create.h"
#include "core/ops/select.h"

enum { ARRAY = 1, KEY, VALUE }; /* the arguments of __index and __newindex */

static void check_has_axis(lua_State *L, const pg_array *a)
{
    if (a->ndim == 0)
        l_error(L, "an array of rank 0 has no positions");
}

/* --- reading -------------------------------------------------------------- */

/* Pushes the element that the indices name. Its view is no userdata, so nothing
   may raise before the view is released. */
static int push_element(lua_State *L, const l_indices *indices)
{
    pg_error err;
    pg_array view;
    pg_scalar scalar = {0};
    pg_status status = pg_index_view(&view, l_array_check(L, ARRAY),
                                     indices->axis, indices->count, &err);
    if (status == PG_OK)
        status = pg_array_item(&scalar, &view, &err);
    pg_array_release(&view);
    l_check(L, status, &err);
    l_scalar_push(L, scalar);
    return 1;
}

/* Pushes the view that the indices name, or the element if they are positions
   along all axes. */
static int push_indexed(lua_State *L, const l_indices *indices)
{
    pg_error err;
    if (indices->count == l_array_check(L, ARRAY)->ndim &&
        l_indices_are_positions(indices))
        return push_element(L, indices);
    pg_array *view = l_array_push_result(L, 0);
    const pg_array *a = l_array_check(L, ARRAY);
    l_check(L, pg_index_view(view, a, indices->axis, indices->count, &err),
            &err);
    l_array_finish(L);
    return 1;
}

/* True unless the text is a name: letters, digits and underscores, the first no
   digit. */
static bool looks_like_index(const char *text)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    bool digit = *text >= '0' && *text <= '9';
    return *text == '\0' || digit || text[strspn(text, name)] != '\0';
}

/* a.name: a method or a property; a["1:10"]. A freed array only has free. */
static int index_by_text(lua_State *L)
{
    const char *text = lua_tostring(L, KEY);
    l_indices indices;
    const pg_array *a = l_array_handle(L, ARRAY);
    if (!a->data && strcmp(text, "free") != 0)
        l_array_check(L, ARRAY);
    if (l_push_method(L) || l_array_property(L, text))
        return 1;
    if (!looks_like_index(text))
        return l_no_field_error(L);
    l_indices_check(L, KEY, &indices);
    return push_indexed(L, &indices);
}

/* The room for what an array of positions, or a mask, at arg takes from a row;
   whatever it takes from an array of a higher rank. */
static size_t taken_room(lua_State *L, int arg)
{
    const pg_array *a = l_array_peek(L, ARRAY);
    return a && a->ndim == 1 ? l_array_room(L, arg)
                             : l_array_usual_room(L, arg);
}

/* a[mask] and a[positions] -> a new array */
static int index_by_array(lua_State *L)
{
    pg_error err;
    pg_array *out = l_array_push_result(L, taken_room(L, KEY));
    const pg_array *a = l_array_check(L, ARRAY), *key = l_array_check(L, KEY);
    bool is_mask = key->dtype == PG_BOOL;
    if (!is_mask)
        check_has_axis(L, a);
    l_array_offer_memory(out);
    if (is_mask)
        return l_array_return(L, pg_masked(out, a, key, &err), &err);
    return l_array_return(L, pg_take(out, a, key, 0, &err), &err);
}

static int l_array_index(lua_State *L)
{
    l_indices indices;
    int type = lua_type(L, KEY);
    const pg_array *self = l_array_peek(L, ARRAY);
    if (type == LUA_TSTRING && self && self->data && l_push_method(L))
        return 1; /* most often, so it is looked for first */
    if (type == LUA_TUSERDATA && l_array_test(L, KEY))
        return l_call_run(L, l_array_index, index_by_array);
    if (type == LUA_TSTRING &&
        strlen(lua_tostring(L, KEY)) == lua_rawlen(L, KEY))
        return index_by_text(L);
    l_array_check(L, ARRAY);
    l_indices_check(L, KEY, &indices);
    const pg_array *a = l_array_check(L, ARRAY);
    if (type == LUA_TNUMBER && a->ndim > 0 &&
        indices.axis[0].first == (int64_t)a->shape[0] + 1) {
        lua_pushnil(L); /* one beyond the end: ipairs ends */
        return 1;
    }
    return push_indexed(L, &indices);
}

/* --- writing -------------------------------------------------------------- */

/* Fills what the indices name. As in push_element, nothing may raise before the
   view is released. */
static void fill_indexed(lua_State *L, const l_indices *indices,
                         pg_scalar value)
{
    pg_error err;
    pg_array view;
    pg_status status = pg_index_view(&view, l_array_check(L, ARRAY),
                                     indices->axis, indices->count, &err);
    if (status == PG_OK)
        status = pg_array_fill(&view, value, &err);
    pg_array_release(&view);
    l_check(L, status, &err);
}

/* Assigns the value at arg to what the indices name: a number fills it, a table
   is read in the array's dtype. */
static void assign_indexed(lua_State *L, const l_indices *indices, int arg)
{
    pg_error err;
    pg_scalar scalar;
    if (l_scalar_test(L, arg, &scalar)) {
        fill_indexed(L, indices, scalar);
        return;
    }
    pg_array *view = l_array_push(L);
    const pg_array *a = l_array_check(L, ARRAY), *value = l_array_test(L, arg);
    l_argument_expect(L, value || lua_istable(L, arg), arg,
                      "array, number or table");
    l_check(L, pg_index_view(view, a, indices->axis, indices->count, &err),
            &err);
    if (!value)
        value = l_array_from_value(L, arg, &view->dtype);
    l_check(L, pg_array_assign(view, value, &err), &err);
}

/* a[mask] = value and a[positions] = value. As in fill_, a number that does not
   fit the dtype raises. */
static void assign_by_array(lua_State *L)
{
    pg_error err;
    pg_scalar scalar;
    pg_element element;
    pg_array single;
    const pg_array *value = &single;
    bool is_scalar = l_scalar_test(L, VALUE, &scalar);
    if (!is_scalar)
        value = l_array_to(L, VALUE);
    const pg_array *a = l_array_check(L, ARRAY), *key = l_array_check(L, KEY);
    if (is_scalar) {
        pg_array_borrow(&single, &element, a->dtype, 0, NULL);
        l_check(L, pg_scalar_store(&element, scalar, a->dtype, &err), &err);
    }
    if (key->dtype == PG_BOOL) {
        l_check(L, pg_assign_masked(a, key, value, &err), &err);
        return;
    }
    check_has_axis(L, a);
    l_check(L, pg_assign_taken(a, key, value, &err), &err);
}

static int l_array_newindex(lua_State *L)
{
    l_indices indices;
    l_array_check(L, ARRAY);
    if (lua_isuserdata(L, KEY) && l_array_test(L, KEY)) {
        assign_by_array(L);
        return 0;
    }
    if (lua_type(L, KEY) == LUA_TSTRING &&
        !looks_like_index(lua_tostring(L, KEY)))
        l_error(L, "an array has no field '%s' that could be set",
                lua_tostring(L, KEY));
    l_indices_check(L, KEY, &indices);
    assign_indexed(L, &indices, VALUE);
    return 0;
}

/* --- methods -------------------------------------------------------------- */

/* Reads positions, one for each axis, from the arguments first to last. */
static void check_positions(lua_State *L, int first, int last,
                            l_indices *indices)
{
    indices->count = last - first + 1;
    if (indices->count > PG_MAXDIM)
        l_error(L, "%d positions: the rank is at most %d", indices->count,
                PG_MAXDIM);
    for (int i = 0; i < indices->count; i++)
        indices->axis[i] = l_index_position(l_integer_check(L, first + i));
}

/* get(a, i, ...) */
static int l_array_get(lua_State *L)
{
    enum { FIRST = 2 };
    l_indices indices;
    l_array_to(L, ARRAY);
    check_positions(L, FIRST, lua_gettop(L), &indices);
    return push_indexed(L, &indices);
}

/* set(a, i, ..., value) -> a */
static int l_array_set(lua_State *L)
{
    enum { FIRST = 2 };
    l_indices indices;
    l_array_check(L, ARRAY);
    int value = lua_gettop(L);
    l_argument_check(L, value >= FIRST, FIRST, "a value is missing");
    check_positions(L, FIRST, value - 1, &indices);
    assign_indexed(L, &indices, value);
    lua_settop(L, ARRAY);
    return 1;
}

/* rows(a, first [, last]), operation 0, and cols, 1; last is included */
static int l_array_lines(lua_State *L)
{
    enum { FIRST = 2, LAST };
    l_indices indices = {.axis = {PG_INDEX_ALL, PG_INDEX_ALL}};
    l_array_to(L, ARRAY);
    int axis = l_call_operation(L);
    pg_index *lines = &indices.axis[axis];
    lines->has_first = lines->has_last = true;
    lines->first = l_integer_check(L, FIRST);
    lines->last = l_integer_opt(L, LAST, lines->first);
    indices.count = axis + 1;
    return push_indexed(L, &indices);
}

void l_positions_to(lua_State *L, int arg)
{
    const pg_dtype integer = PG_INT64;
    if (l_array_test(L, arg))
        return;
    l_argument_expect(L, lua_istable(L, arg) || lua_type(L, arg) == LUA_TNUMBER,
                      arg, "array, number or table");
    l_array_from_value(L, arg, &integer);
    lua_replace(L, arg);
}

int l_taken_axis_check(lua_State *L, int arg, const pg_array *a)
{
    check_has_axis(L, a);
    return lua_isnil(L, arg) ? 0 : l_axis_check(L, arg, a);
}

/* take(a, positions [, axis]) */
static int l_array_take(lua_State *L)
{
    enum { POSITIONS = 2, AXIS };
    pg_error err;
    lua_settop(L, AXIS);
    l_positions_to(L, POSITIONS);
    pg_array *out = l_array_push_result(L, taken_room(L, POSITIONS));
    const pg_array *a = l_array_to(L, ARRAY);
    const pg_array *positions = l_array_check(L, POSITIONS);
    int axis = l_taken_axis_check(L, AXIS, a);
    l_array_offer_memory(out);
    return l_array_return_scalar(L, pg_take(out, a, positions, axis, &err),
                                 &err);
}

/* masked(a, mask) */
static int l_array_masked(lua_State *L)
{
    enum { MASK = 2 };
    pg_error err;
    const pg_array *a, *mask;
    lua_settop(L, MASK);
    pg_array *out = l_array_push(L);
    l_arrays_to(L, &a, ARRAY, &mask, MASK);
    return l_array_return(L, pg_masked(out, a, mask, &err), &err);
}

static const l_function functions[] = {
    {"get", l_array_get, 1, L_ANY, 0},
    {"set", l_array_set, 0, L_ANY, 0},
    {"take", l_array_take, 2, 3, 0},
    {"masked", l_array_masked, 2, 2, 0},
    {"rows", l_array_lines, 1, 3, 0},
    {"cols", l_array_lines, 1, 3, 1},
    {NULL, NULL, 0, 0, 0},
};

static const l_function operators[] = {
    {"__newindex", l_array_newindex, 0, 0, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_index(lua_State *L)
{
    l_array_add_functions(L, functions);
    l_array_add_operators(L, operators);
    luaL_getmetatable(L, L_ARRAY);
    l_add_lookup(L, l_array_index);
    lua_pop(L, 1);
}
