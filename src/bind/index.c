/* Reading and writing by position: a[i], a[{ {1,10}, {} }], a["1:10, :"]. */
#include "bind.h"

#include <string.h>

#include "../core/ops/create.h"
#include "../core/array/copy.h"
#include "../core/array/index.h"
#include "../core/ops/select.h"

/* --- what an index says --------------------------------------------------- */

static int64_t check_position(lua_State *L, int at, const char *what)
{
    int isnum;
    lua_Integer position = lua_tointegerx(L, at, &isnum);
    if (!isnum || lua_type(L, at) != LUA_TNUMBER)
        l_error(L, "%s must be an integer, not %s", what, l_tolstring(L, at));
    return position;
}

/* Element i of the table on top, where there is one. */
static bool slice_part(lua_State *L, int i, int64_t *part)
{
    bool there = lua_geti(L, -1, i) != LUA_TNIL;
    if (there)
        *part = check_position(L, -1, "a slice's part");
    lua_pop(L, 1);
    return there;
}

/* The indices in the text at `at`; their number. */
static int read_text(lua_State *L, int at, pg_index indices[PG_MAXDIM])
{
    pg_error err;
    size_t n;
    int count;
    const char *text = lua_tolstring(L, at, &n);
    if (strlen(text) != n)
        l_error(L, "cannot read the index \"%s\": a zero byte follows", text);
    l_check(L, pg_index_parse(indices, &count, text, &err), &err);
    return count;
}

/* A number is a position, a table {}, {first,last} or {first,last,step} a
   slice, text either. */
static pg_index read_axis(lua_State *L)
{
    pg_index parsed[PG_MAXDIM], index = PG_INDEX_ALL;
    if (lua_type(L, -1) == LUA_TSTRING) {
        if (read_text(L, -1, parsed) != 1)
            l_error(L, "an axis takes one index, not \"%s\"",
                    lua_tostring(L, -1));
        return parsed[0];
    }
    if (!lua_istable(L, -1)) {
        index.kind = PG_INDEX_POSITION;
        index.first = check_position(L, -1, "a position");
        return index;
    }
    if (luaL_len(L, -1) == 1 || luaL_len(L, -1) > 3)
        l_error(L, "a slice is {}, {first, last} or {first, last, step}");
    index.has_first = slice_part(L, 1, &index.first);
    index.has_last = slice_part(L, 2, &index.last);
    slice_part(L, 3, &index.step);
    return index;
}

static int read_axes(lua_State *L, int arg, pg_index *indices)
{
    lua_Integer count = luaL_len(L, arg);
    if (count < 0 || count > PG_MAXDIM)
        l_error(L, "%I indices: the rank is at most %d", count, PG_MAXDIM);
    for (int i = 0; i < count; i++) {
        lua_geti(L, arg, i + 1);
        indices[i] = read_axis(L);
        lua_pop(L, 1);
    }
    return (int)count;
}

/* The indices in the key at arg; their number. */
static int read_key(lua_State *L, int arg, pg_index *indices)
{
    switch (lua_type(L, arg)) {
    case LUA_TSTRING:
        return read_text(L, arg, indices);
    case LUA_TTABLE:
        return read_axes(L, arg, indices);
    case LUA_TNUMBER:
        indices[0] = PG_INDEX_ALL;
        indices[0].kind = PG_INDEX_POSITION;
        indices[0].first = check_position(L, arg, "a position");
        return 1;
    default:
        return l_error(L,
                       "an array's index is a position, a table or text, "
                       "not a %s",
                       luaL_typename(L, arg));
    }
}

static void check_has_axis(lua_State *L, const pg_array *a)
{
    if (a->ndim == 0)
        l_error(L, "an array of rank 0 has no positions");
}

/* --- reading -------------------------------------------------------------- */

static bool are_positions(const pg_index *indices, int count)
{
    for (int i = 0; i < count; i++)
        if (indices[i].kind != PG_INDEX_POSITION)
            return false;
    return true;
}

/* The element that the indices name of the array at 1, without an object for
   the view of it: nothing raises while there is one. */
static int push_element(lua_State *L, const pg_index *indices, int count)
{
    pg_error err;
    pg_array view;
    pg_scalar scalar = {0};
    const pg_array *a = l_array_check(L, 1);
    pg_status status = pg_index_view(&view, a, indices, count, &err);
    if (status == PG_OK)
        status = pg_array_item(&scalar, &view, &err);
    pg_array_release(&view);
    l_check(L, status, &err);
    l_scalar_push(L, scalar);
    return 1;
}

/* Pushes what the indices name of the array at 1: a view, or where all axes
   were named, the element. */
static int push_indexed(lua_State *L, const pg_index *indices, int count)
{
    pg_error err;
    if (count == l_array_check(L, 1)->ndim && are_positions(indices, count))
        return push_element(L, indices, count);
    pg_array *view = l_array_push(L);
    const pg_array *a = l_array_check(L, 1);
    l_check(L, pg_index_view(view, a, indices, count, &err), &err);
    return 1;
}

/* A name has letters, digits and underscores and begins with no digit; any
   other text is an index, if a wrong one. */
static bool looks_like_index(const char *text)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    bool digit = *text >= '0' && *text <= '9';
    return *text == '\0' || digit || text[strspn(text, name)] != '\0';
}

static int index_by_name(lua_State *L)
{
    const char *name = lua_tostring(L, 2);
    pg_index indices[PG_MAXDIM];
    lua_pushvalue(L, 2);
    if (lua_rawget(L, l_methods_index()) != LUA_TNIL)
        return 1;
    if (l_array_property(L, name))
        return 1;
    if (!looks_like_index(name))
        l_raise_no_field(L);
    return push_indexed(L, indices, read_key(L, 2, indices));
}

/* Reading one beyond the end gives nil, so that ipairs ends. */
static bool is_one_beyond(const pg_array *a, const pg_index *index)
{
    return a->ndim > 0 && index->first == (int64_t)a->shape[0] + 1;
}

/* a[mask] and a[positions]: a new array. */
static int index_by_array(lua_State *L)
{
    pg_error err;
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_check(L, 1), *key = l_array_check(L, 2);
    if (key->dtype == PG_BOOL)
        return l_array_return(L, pg_masked(out, a, key, &err), &err);
    check_has_axis(L, a);
    return l_array_return(L, pg_take(out, a, key, 0, &err), &err);
}

int l_array_index(lua_State *L)
{
    pg_index indices[PG_MAXDIM];
    if (lua_isuserdata(L, 2) && l_array_test(L, 2))
        return l_run(L, l_array_index, index_by_array);
    if (lua_type(L, 2) == LUA_TSTRING &&
        strlen(lua_tostring(L, 2)) == lua_rawlen(L, 2)) {
        /* A freed array still answers to free. */
        const pg_array *any = l_array_handle(L, 1);
        if (!any->data && strcmp(lua_tostring(L, 2), "free") != 0)
            l_array_check(L, 1);
        return index_by_name(L);
    }
    l_array_check(L, 1);
    int count = read_key(L, 2, indices);
    if (lua_type(L, 2) == LUA_TNUMBER &&
        is_one_beyond(l_array_check(L, 1), &indices[0])) {
        lua_pushnil(L);
        return 1;
    }
    return push_indexed(L, indices, count);
}

/* --- writing -------------------------------------------------------------- */

/* A number or boolean goes to where the indices say in the array at 1. As with
   push_element, nothing raises while there is a view. */
static void fill_indexed(lua_State *L, const pg_index *indices, int count,
                         pg_scalar value)
{
    pg_error err;
    pg_array view;
    const pg_array *a = l_array_check(L, 1);
    pg_status status = pg_index_view(&view, a, indices, count, &err);
    if (status == PG_OK)
        status = pg_array_fill(&view, value, &err);
    pg_array_release(&view);
    l_check(L, status, &err);
}

/* The value at arg goes there: a number fills it, a table is read in the
   array's dtype. */
static void assign_indexed(lua_State *L, const pg_index *indices, int count,
                           int arg)
{
    pg_error err;
    pg_scalar scalar;
    if (l_scalar_test(L, arg, &scalar)) {
        fill_indexed(L, indices, count, scalar);
        return;
    }
    pg_array *view = l_array_push(L);
    const pg_array *a = l_array_check(L, 1), *value = l_array_test(L, arg);
    l_argument_expect(L, value || lua_istable(L, arg), arg,
                      "array, number or table");
    l_check(L, pg_index_view(view, a, indices, count, &err), &err);
    if (!value)
        value = l_array_from_value(L, arg, &view->dtype);
    l_check(L, pg_array_assign(view, value, &err), &err);
}

/* a[mask] = value and a[positions] = value. A number is stored as fill_ does
   it, so that one that does not fit raises. */
static void assign_by_array(lua_State *L)
{
    pg_error err;
    pg_scalar scalar;
    pg_element element;
    pg_array one;
    const pg_array *value = &one;
    bool is_scalar = l_scalar_test(L, 3, &scalar);
    if (!is_scalar)
        value = l_array_to(L, 3);
    const pg_array *a = l_array_check(L, 1), *key = l_array_check(L, 2);
    if (is_scalar) {
        pg_array_borrow(&one, &element, a->dtype, 0, NULL);
        l_check(L, pg_scalar_store(&element, scalar, a->dtype, &err), &err);
    }
    if (key->dtype == PG_BOOL) {
        l_check(L, pg_assign_masked(a, key, value, &err), &err);
        return;
    }
    check_has_axis(L, a);
    l_check(L, pg_assign_taken(a, key, value, &err), &err);
}

int l_array_newindex(lua_State *L)
{
    pg_index indices[PG_MAXDIM];
    l_array_check(L, 1);
    if (lua_isuserdata(L, 2) && l_array_test(L, 2)) {
        assign_by_array(L);
        return 0;
    }
    if (lua_type(L, 2) == LUA_TSTRING && !looks_like_index(lua_tostring(L, 2)))
        l_error(L, "an array has no field '%s' that could be set",
                lua_tostring(L, 2));
    assign_indexed(L, indices, read_key(L, 2, indices), 3);
    return 0;
}

/* --- methods -------------------------------------------------------------- */

/* Arguments first .. last are positions, one for each axis. */
static int read_positions(lua_State *L, int first, int last, pg_index *indices)
{
    int count = last - first + 1;
    if (count > PG_MAXDIM)
        l_error(L, "%d positions: the rank is at most %d", count, PG_MAXDIM);
    for (int i = 0; i < count; i++) {
        indices[i] = PG_INDEX_ALL;
        indices[i].kind = PG_INDEX_POSITION;
        indices[i].first = l_integer_check(L, first + i);
    }
    return count;
}

static int l_array_get(lua_State *L)
{
    pg_index indices[PG_MAXDIM];
    l_array_to(L, 1);
    int count = read_positions(L, 2, lua_gettop(L), indices);
    return push_indexed(L, indices, count);
}

static int l_array_set(lua_State *L)
{
    pg_index indices[PG_MAXDIM];
    l_array_check(L, 1);
    int value = lua_gettop(L);
    l_argument_check(L, value >= 2, 2, "a value is missing");
    int count = read_positions(L, 2, value - 1, indices);
    assign_indexed(L, indices, count, value);
    lua_settop(L, 1);
    return 1;
}

/* rows (axis 0) and cols (axis 1): first to last, both included. */
static int l_array_lines(lua_State *L)
{
    pg_index indices[2] = {PG_INDEX_ALL, PG_INDEX_ALL};
    l_array_to(L, 1);
    int axis = l_operation_of(L);
    indices[axis].has_first = indices[axis].has_last = true;
    indices[axis].first = l_integer_check(L, 2);
    indices[axis].last = l_integer_opt(L, 3, indices[axis].first);
    return push_indexed(L, indices, axis + 1);
}

static int l_array_take(lua_State *L)
{
    pg_error err;
    lua_settop(L, 3);
    if (!l_array_test(L, 2)) {
        const pg_dtype integer = PG_INT64;
        l_argument_expect(L, lua_istable(L, 2) || lua_isinteger(L, 2), 2,
                          "array, integer or table");
        l_array_from_value(L, 2, &integer);
        lua_replace(L, 2);
    }
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, 1), *positions = l_array_check(L, 2);
    check_has_axis(L, a);
    int axis = lua_isnil(L, 3) ? 0 : l_axis_check(L, 3, a);
    return l_array_return_scalar(L, pg_take(out, a, positions, axis, &err),
                                 &err);
}

/* masked(a, mask): a nested table of booleans is a mask, too. */
static int l_array_masked(lua_State *L)
{
    pg_error err;
    const pg_array *a, *mask;
    lua_settop(L, 2);
    pg_array *out = l_array_push(L);
    l_arrays_to(L, &a, 1, &mask, 2);
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

void l_add_index(lua_State *L, const l_class *class)
{
    l_add_functions(L, functions, class);
}
