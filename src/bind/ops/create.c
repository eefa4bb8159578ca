/* Functions of the module that make arrays. */
#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/error.h"
#include "bind/base/list.h"
#include "bind/base/open.h"
#include "bind/base/scalar.h"
#include "bind/base/status.h"
#include "core/array/copy.h"
#include "core/array/create.h"
#include "core/array/join.h"
#include "core/ops/labels.h"

/* array(value [, dtype]): a copy, whatever value is. */
static int l_create_array(lua_State *L)
{
    pg_error err;
    l_argument_expect(L, !lua_isnoneornil(L, 1), 1, "value");
    lua_settop(L, 2);
    pg_dtype dtype = l_dtype_opt(L, 2, PG_FLOAT64);
    const pg_dtype *told = lua_isnil(L, 2) ? NULL : &dtype;
    if (!l_array_test(L, 1)) {
        l_array_from_value(L, 1, told);
        return 1;
    }
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_check(L, 1);
    return l_array_return(
        L, pg_array_astype(out, a, told ? dtype : a->dtype, &err), &err);
}

static int l_create_matrix(lua_State *L)
{
    char text[PG_SHAPE_TEXT];
    l_create_array(L);
    const pg_array *a = l_array_check(L, -1);
    if (a->ndim != 2)
        l_error(L, "a matrix has rank 2; this has shape %s",
                pg_shape_text(text, a));
    return 1;
}

/* Behind lengths that are written one by one, nil may be one of them: an
   undefined variable would take an axis away. */
static void check_no_nil(lua_State *L, int arg)
{
    l_argument_check(L, lua_istable(L, 1) || !lua_isnil(L, arg), arg,
                     "length or dtype expected, got nil; behind a table of "
                     "lengths a dtype may be nil");
}

/* zeros and ones: the operation is the number. */
static int l_create_constant(lua_State *L)
{
    pg_error err;
    size_t shape[PG_MAXDIM];
    int next, ndim = l_shape_check(L, 1, shape, &next, false);
    l_argument_expect(L, next > 1, 1, "length or table");
    check_no_nil(L, next);
    pg_dtype dtype = l_dtype_opt(L, next, PG_FLOAT64);
    l_no_more_arguments(L, next + 1);
    pg_scalar value = {.kind = 'i', .as.i = l_call_operation(L)};
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_full(out, dtype, ndim, shape, value, &err),
                          &err);
}

/* Where full's value stands: behind the table of lengths, or the last of the
   numbers, if no boolean follows them. */
static int value_of_full(lua_State *L)
{
    int arg = 1;
    l_argument_expect(L, !lua_isnoneornil(L, 1), 1, "a shape and a value");
    if (lua_istable(L, 1))
        return 2;
    while (lua_type(L, arg) == LUA_TNUMBER)
        arg++;
    if (!lua_isboolean(L, arg))
        arg--;
    l_argument_check(L, arg > 1, 1, "a shape and a value are needed");
    return arg;
}

/* full({r, c}, v [, dtype]), full(r, c, v [, dtype]); without a dtype, that of
   zeros. */
static int l_create_full(lua_State *L)
{
    pg_error err;
    pg_scalar value;
    size_t shape[PG_MAXDIM];
    int next, at = value_of_full(L);
    if (!l_scalar_test(L, at, &value))
        return l_type_error(L, at, "number or boolean");
    check_no_nil(L, at + 1);
    l_no_more_arguments(L, at + 2);
    lua_pushnil(L); /* the lengths end here */
    lua_replace(L, at);
    int ndim = l_shape_check(L, 1, shape, &next, false);
    pg_dtype dtype =
        l_dtype_opt(L, at + 1, value.kind == 'b' ? PG_BOOL : PG_FLOAT64);
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_full(out, dtype, ndim, shape, value, &err),
                          &err);
}

static int l_create_eye(lua_State *L)
{
    pg_error err;
    size_t n = l_length_check(L, 1);
    pg_dtype dtype = l_dtype_opt(L, 2, PG_FLOAT64);
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_eye(out, n, dtype, &err), &err);
}

/* int64 where all its numbers are integers, as Lua's for. */
static int l_create_range(lua_State *L)
{
    pg_error err;
    l_number_check(L, 1);
    l_number_check(L, 2);
    if (lua_isnoneornil(L, 3)) {
        lua_settop(L, 2);
        lua_pushinteger(L, 1);
    }
    l_number_check(L, 3);
    bool whole =
        lua_isinteger(L, 1) && lua_isinteger(L, 2) && lua_isinteger(L, 3);
    pg_array *out = l_array_push(L);
    pg_status status =
        whole ? pg_range_integer(out, lua_tointeger(L, 1), lua_tointeger(L, 2),
                                 lua_tointeger(L, 3), &err)
              : pg_range_float(out, lua_tonumber(L, 1), lua_tonumber(L, 2),
                               lua_tonumber(L, 3), &err);
    return l_array_return(L, status, &err);
}

static int l_create_linspace(lua_State *L)
{
    pg_error err;
    double first = l_number_check(L, 1), last = l_number_check(L, 2);
    size_t n = l_length_check(L, 3);
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_linspace(out, first, last, n, &err), &err);
}

static int l_create_onehot(lua_State *L)
{
    pg_error err;
    size_t classes = l_length_check(L, 2);
    pg_dtype dtype = l_dtype_opt(L, 3, PG_FLOAT64);
    pg_array *out = l_array_push(L);
    const pg_array *labels = l_array_to(L, 1);
    return l_array_return(L, pg_onehot(out, labels, classes, dtype, &err),
                          &err);
}

static int l_create_labels(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *out = l_array_push(L);
    const pg_array *rows = l_array_to(L, 1);
    return l_array_return(L, pg_labels(out, rows, &err), &err);
}

/* Pushes a table of the count values in the table at 1, each an array. */
static void push_arrays(lua_State *L, lua_Integer count)
{
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        int type = lua_geti(L, 1, i);
        if (!luaL_testudata(L, -1, L_ARRAY) && type != LUA_TTABLE)
            l_error(L, "element %I is a %s, where an array was expected", i,
                    luaL_typename(L, -1));
        l_array_to(L, -1);
        lua_rawseti(L, -2, i);
    }
}

/* Arrays as the core takes them. The list of pointers is userdata, too, so that
   an error does not leak it; so is the result, behind it on the stack. */
static const pg_array **read_arrays(lua_State *L, size_t *count)
{
    l_type_check(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    lua_Integer length = luaL_len(L, 1);
    l_argument_check(L, length > 0, 1, "there is nothing to join");
    l_argument_check(L, length < 1 << 20, 1, "too many arrays");
    l_list_refuse_fields(L, 1, length);
    push_arrays(L, length);
    *count = (size_t)length;
    const pg_array **arrays = lua_newuserdatauv(L, *count * sizeof *arrays, 0);
    l_array_push(L);
    for (lua_Integer i = 0; i < length; i++) {
        lua_rawgeti(L, 3, i + 1);
        arrays[i] = l_array_check(L, -1);
        lua_pop(L, 1);
    }
    return arrays;
}

/* concat({a, b, ...} [, axis]) */
static int l_create_concat(lua_State *L)
{
    pg_error err;
    size_t count;
    const pg_array **arrays = read_arrays(L, &count);
    l_argument_check(L, arrays[0]->ndim > 0, 1,
                     "arrays of rank 0 have no axis");
    int axis = lua_isnil(L, 2) ? 0 : l_axis_check(L, 2, arrays[0]);
    return l_array_return(
        L, pg_concat(lua_touserdata(L, -1), arrays, count, axis, &err), &err);
}

/* stack({a, b, ...} [, axis]) */
static int l_create_stack(lua_State *L)
{
    pg_error err;
    size_t count;
    const pg_array **arrays = read_arrays(L, &count);
    int axis = lua_isnil(L, 2) ? 0 : l_new_axis_check(L, 2, arrays[0]);
    return l_array_return(
        L, pg_stack(lua_touserdata(L, -1), arrays, count, axis, &err), &err);
}

static const l_function functions[] = {
    {"array", l_create_array, 0, 2, 0},
    {"matrix", l_create_matrix, 0, 2, 0},
    {"zeros", l_create_constant, 0, L_ANY, 0},
    {"ones", l_create_constant, 0, L_ANY, 1},
    {"full", l_create_full, 0, L_ANY, 0},
    {"eye", l_create_eye, 0, 2, 0},
    {"range", l_create_range, 0, 3, 0},
    {"linspace", l_create_linspace, 0, 3, 0},
    {"onehot", l_create_onehot, 1, 3, 0},
    {"labels", l_create_labels, 1, 1, 0},
    {"concat", l_create_concat, 0, 2, 0},
    {"stack", l_create_stack, 0, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_create(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
