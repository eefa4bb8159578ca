/* Functions of the module that create arrays. */
#include <string.h>

#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/call.h"
#include "bind/base/collector.h"
#include "bind/base/error.h"
#include "bind/base/list.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/scalar.h"
#include "bind/base/status.h"
#include "core/array/copy.h"
#include "core/array/create.h"
#include "core/array/join.h"
#include "core/ops/labels.h"

/* array(value [, dtype]): a copy, of an array as well */
static int l_create_array(lua_State *L)
{
    enum { VALUE = 1, DTYPE };
    pg_error err;
    l_argument_expect(L, !lua_isnoneornil(L, VALUE), VALUE, "value");
    lua_settop(L, DTYPE);
    pg_dtype dtype = l_dtype_opt(L, DTYPE, PG_FLOAT64);
    bool has_dtype = !lua_isnil(L, DTYPE);
    if (!l_array_test(L, VALUE)) {
        l_array_from_value(L, VALUE, has_dtype ? &dtype : NULL);
        return 1;
    }
    pg_array *out = l_array_push_result(L, l_array_room(L, VALUE));
    const pg_array *a = l_array_check(L, VALUE);
    l_array_offer_memory(out);
    return l_array_return(
        L, pg_array_astype(out, a, has_dtype ? dtype : a->dtype, &err), &err);
}

/* matrix(value [, dtype]) */
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

enum { SHAPE = 1 }; /* of zeros, ones and full */

/* Raises for nil behind lengths that are arguments: it may be an undefined
   variable in place of a length. */
static void check_no_nil(lua_State *L, int arg)
{
    l_argument_check(L, lua_istable(L, SHAPE) || !lua_isnil(L, arg), arg,
                     "length or dtype expected, got nil; behind a table of "
                     "lengths a dtype may be nil");
}

/* zeros(shape [, dtype]) and ones: the operation is the value. */
static int l_create_constant(lua_State *L)
{
    pg_error err;
    size_t shape[PG_MAXDIM];
    int dtype_arg, ndim = l_shape_check(L, SHAPE, shape, &dtype_arg, false);
    l_argument_expect(L, dtype_arg > SHAPE, SHAPE, "length or table");
    check_no_nil(L, dtype_arg);
    pg_dtype dtype = l_dtype_opt(L, dtype_arg, PG_FLOAT64);
    l_no_more_arguments(L, dtype_arg + 1);
    pg_scalar value = {.kind = 'i', .as.i = l_call_operation(L)};
    pg_array *out = l_array_push_result(L, l_shape_room(ndim, shape));
    l_array_offer_memory(out);
    return l_array_return(L, pg_full(out, dtype, ndim, shape, value, &err),
                          &err);
}

/* The position of full's value: behind the table of lengths; else it is a
   boolean behind numbers, or the last number. */
static int find_value(lua_State *L)
{
    int arg = SHAPE;
    l_argument_expect(L, !lua_isnoneornil(L, SHAPE), SHAPE,
                      "a shape and a value");
    if (lua_istable(L, SHAPE))
        return SHAPE + 1;
    while (lua_type(L, arg) == LUA_TNUMBER)
        arg++;
    l_call_leave_traced(L, arg);
    if (!lua_isboolean(L, arg))
        arg--;
    l_argument_check(L, arg > SHAPE, SHAPE, "a shape and a value are needed");
    return arg;
}

/* full({r, c}, value [, dtype]) or full(r, c, value [, dtype]); the default is
   bool for a boolean, else float64 */
static int l_create_full(lua_State *L)
{
    pg_error err;
    pg_scalar value;
    size_t shape[PG_MAXDIM];
    int next, value_arg = find_value(L), dtype_arg = value_arg + 1;
    if (!l_scalar_test(L, value_arg, &value))
        return l_type_error(L, value_arg, "number or boolean");
    check_no_nil(L, dtype_arg);
    l_no_more_arguments(L, dtype_arg + 1);
    lua_pushnil(L); /* the lengths end here */
    lua_replace(L, value_arg);
    int ndim = l_shape_check(L, SHAPE, shape, &next, false);
    pg_dtype dtype =
        l_dtype_opt(L, dtype_arg, value.kind == 'b' ? PG_BOOL : PG_FLOAT64);
    pg_array *out = l_array_push_result(L, l_shape_room(ndim, shape));
    l_array_offer_memory(out);
    return l_array_return(L, pg_full(out, dtype, ndim, shape, value, &err),
                          &err);
}

/* eye(n [, dtype]) */
static int l_create_eye(lua_State *L)
{
    enum { N = 1, DTYPE };
    pg_error err;
    size_t n = l_length_check(L, N);
    pg_dtype dtype = l_dtype_opt(L, DTYPE, PG_FLOAT64);
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_eye(out, n, dtype, &err), &err);
}

/* range(first, last [, step]): int64 if all three are integers, as in Lua's
   `for`, else float64 */
static int l_create_range(lua_State *L)
{
    enum { FIRST = 1, LAST, STEP };
    pg_error err;
    double first = l_number_check(L, FIRST), last = l_number_check(L, LAST);
    if (lua_isnoneornil(L, STEP)) {
        lua_settop(L, LAST);
        lua_pushinteger(L, 1);
    }
    double step = l_number_check(L, STEP);
    bool is_integer = lua_isinteger(L, FIRST) && lua_isinteger(L, LAST) &&
                      lua_isinteger(L, STEP);
    pg_array *out = l_array_push(L);
    pg_status status = is_integer
                           ? pg_range_integer(out, lua_tointeger(L, FIRST),
                                              lua_tointeger(L, LAST),
                                              lua_tointeger(L, STEP), &err)
                           : pg_range_float(out, first, last, step, &err);
    return l_array_return(L, status, &err);
}

/* Raises: NumPy's arange leaves its end out, and range includes it. */
static int l_create_arange(lua_State *L)
{
    return l_error(L, "arange: range includes both ends, as Lua's for: "
                      "np.arange(10) is pg.range(0, 9), and np.arange(2, 10, "
                      "2) is pg.range(2, 8, 2)");
}

/* zeros_like(a [, dtype]), operation 0, and ones_like, 1 */
static int l_create_constant_like(lua_State *L)
{
    enum { A = 1, DTYPE };
    pg_error err;
    pg_scalar value = {.kind = 'i', .as.i = l_call_operation(L)};
    lua_settop(L, DTYPE);
    pg_array *out = l_array_push_result(L, l_array_room(L, A));
    const pg_array *a = l_array_to(L, A);
    pg_dtype dtype = l_dtype_opt(L, DTYPE, a->dtype);
    l_array_offer_memory(out);
    return l_array_return(
        L, pg_full(out, dtype, a->ndim, a->shape, value, &err), &err);
}

/* full_like(a, value [, dtype]) */
static int l_create_full_like(lua_State *L)
{
    enum { A = 1, VALUE, DTYPE };
    pg_error err;
    pg_scalar value;
    lua_settop(L, DTYPE);
    if (!l_scalar_test(L, VALUE, &value))
        return l_type_error(L, VALUE, "number or boolean");
    pg_array *out = l_array_push_result(L, l_array_room(L, A));
    const pg_array *a = l_array_to(L, A);
    pg_dtype dtype = l_dtype_opt(L, DTYPE, a->dtype);
    l_array_offer_memory(out);
    return l_array_return(
        L, pg_full(out, dtype, a->ndim, a->shape, value, &err), &err);
}

/* diag(a [, k]) */
static int l_create_diag(lua_State *L)
{
    enum { A = 1, K };
    pg_error err;
    lua_Integer k = l_integer_opt(L, K, 0);
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_diag(out, l_array_to(L, A), k, &err), &err);
}

/* tril(a [, k]) and triu: the operation is the triangle that is kept */
static int l_create_triangle(lua_State *L)
{
    enum { A = 1, K };
    pg_error err;
    pg_triangle kept = (pg_triangle)l_call_operation(L);
    lua_Integer k = l_integer_opt(L, K, 0);
    pg_array *out = l_array_push(L);
    const pg_array *a = l_array_to(L, A);
    return l_array_return(L, pg_triangle_of(out, a, kept, k, &err), &err);
}

/* meshgrid(x, ... [, {indexing = "xy"}]) -> an array for each */
static int l_create_meshgrid(lua_State *L)
{
    static const char *const names[] = {"indexing", NULL};
    pg_error err;
    const pg_array *arrays[PG_MAXDIM];
    int options = lua_gettop(L), count = options;
    bool is_xy = true;
    if (count > 1 && l_is_options(L, options)) {
        count--;
        l_options_check(L, options, names);
        l_option_push(L, options, "indexing");
        const char *indexing = lua_isnil(L, -1) ? "xy" : lua_tostring(L, -1);
        is_xy = indexing && strcmp(indexing, "xy") == 0;
        if (!is_xy && (!indexing || strcmp(indexing, "ij") != 0))
            l_option_error(L, "indexing", "\"xy\" or \"ij\"");
    }
    if (count > PG_MAXDIM)
        l_error(L, "meshgrid: %d vectors: the rank is at most %d", count,
                PG_MAXDIM);
    for (int i = 0; i < count; i++)
        l_array_to(L, i + 1);
    luaL_checkstack(L, count, NULL);
    int first = lua_gettop(L) + 1;
    for (int i = 0; i < count; i++)
        l_array_push(L);
    for (int i = 0; i < count; i++)
        arrays[i] = l_array_check(L, i + 1);
    for (int i = 0; i < count; i++)
        l_check(L,
                pg_meshgrid(l_array_handle(L, first + i), arrays, count, i,
                            is_xy, &err),
                &err);
    l_collector_step(L);
    return count;
}

/* linspace(first, last, n) */
static int l_create_linspace(lua_State *L)
{
    enum { FIRST = 1, LAST, N };
    pg_error err;
    double first = l_number_check(L, FIRST), last = l_number_check(L, LAST);
    size_t n = l_length_check(L, N);
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_linspace(out, first, last, n, &err), &err);
}

/* onehot(labels, classes [, dtype]) */
static int l_create_onehot(lua_State *L)
{
    enum { LABELS = 1, CLASSES, DTYPE };
    pg_error err;
    size_t classes = l_length_check(L, CLASSES);
    pg_dtype dtype = l_dtype_opt(L, DTYPE, PG_FLOAT64);
    pg_array *out = l_array_push(L);
    const pg_array *labels = l_array_to(L, LABELS);
    return l_array_return(L, pg_onehot(out, labels, classes, dtype, &err),
                          &err);
}

/* labels(rows) */
static int l_create_labels(lua_State *L)
{
    pg_error err;
    lua_settop(L, 1);
    pg_array *out = l_array_push(L);
    const pg_array *rows = l_array_to(L, 1);
    return l_array_return(L, pg_labels(out, rows, &err), &err);
}

/* The stack of concat and stack: arguments, then a table of arrays. */
enum { LIST = 1, AXIS, ARRAYS };

/* Pushes a table of the first count values of the list, as arrays. */
static void push_arrays(lua_State *L, lua_Integer count)
{
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        int type = lua_geti(L, LIST, i);
        if (!l_array_peek(L, -1) && type != LUA_TTABLE)
            l_error(L, "element %I is a %s, where an array was expected", i,
                    luaL_typename(L, -1));
        l_array_to(L, -1);
        lua_rawseti(L, -2, i);
    }
}

/* The i-th array of the list, from 1. */
static const pg_array *array_in(lua_State *L, lua_Integer i)
{
    lua_rawgeti(L, ARRAYS, i);
    const pg_array *a = l_array_check(L, -1);
    lua_pop(L, 1);
    return a;
}

/* The arrays of the list, and their number. Pushes the empty result last, and
   before it what keeps the arrays and the pointers to them. */
static const pg_array **read_arrays(lua_State *L, size_t *count, pg_array **out)
{
    l_type_check(L, LIST, LUA_TTABLE);
    lua_settop(L, AXIS);
    lua_Integer length = luaL_len(L, LIST);
    l_argument_check(L, length > 0, LIST, "there is nothing to join");
    l_argument_check(L, length < 1 << 20, LIST, "too many arrays");
    l_list_refuse_fields(L, LIST, length);
    push_arrays(L, length);
    *count = (size_t)length;
    const pg_array **arrays = lua_newuserdatauv(L, *count * sizeof *arrays, 0);
    size_t elements = 0;
    for (lua_Integer i = 1; i <= length; i++)
        elements += pg_size_min(pg_array_size(array_in(L, i)), 1 << 20);
    *out = l_array_push_result(L, l_shape_room(1, &elements));
    for (lua_Integer i = 1; i <= length; i++)
        arrays[i - 1] = array_in(L, i);
    return arrays;
}

/* concat({a, b, ...} [, axis]) */
static int l_create_concat(lua_State *L)
{
    pg_error err;
    pg_array *out;
    size_t count;
    const pg_array **arrays = read_arrays(L, &count, &out);
    l_argument_check(L, arrays[0]->ndim > 0, LIST,
                     "arrays of rank 0 have no axis");
    int axis = lua_isnil(L, AXIS) ? 0 : l_axis_check(L, AXIS, arrays[0]);
    l_array_offer_memory(out);
    return l_array_return(L, pg_concat(out, arrays, count, axis, &err), &err);
}

/* vstack({a, b, ...}), operation 0, and hstack, 1 */
static int l_create_joined(lua_State *L)
{
    pg_error err;
    pg_array *out;
    size_t count;
    const pg_array **arrays = read_arrays(L, &count, &out);
    l_array_offer_memory(out);
    return l_array_return(L,
                          l_call_operation(L)
                              ? pg_hstack(out, arrays, count, &err)
                              : pg_vstack(out, arrays, count, &err),
                          &err);
}

/* stack({a, b, ...} [, axis]) */
static int l_create_stack(lua_State *L)
{
    pg_error err;
    pg_array *out;
    size_t count;
    const pg_array **arrays = read_arrays(L, &count, &out);
    int axis = lua_isnil(L, AXIS) ? 0 : l_new_axis_check(L, AXIS, arrays[0]);
    l_array_offer_memory(out);
    return l_array_return(L, pg_stack(out, arrays, count, axis, &err), &err);
}

static const l_function functions[] = {
    {"array", l_create_array, 0, 2, 0},
    {"matrix", l_create_matrix, 0, 2, 0},
    {"zeros", l_create_constant, 0, L_ANY, 0},
    {"ones", l_create_constant, 0, L_ANY, 1},
    {"full", l_create_full, 0, L_ANY, 0},
    {"eye", l_create_eye, 0, 2, 0},
    {"range", l_create_range, 0, 3, 0},
    {"arange", l_create_arange, 0, L_ANY, 0},
    {"zeros_like", l_create_constant_like, 1, 2, 0},
    {"ones_like", l_create_constant_like, 1, 2, 1},
    {"full_like", l_create_full_like, 1, 3, 0},
    {"meshgrid", l_create_meshgrid, 1, L_ANY, 0},
    {"linspace", l_create_linspace, 0, 3, 0},
    {"onehot", l_create_onehot, 1, 3, 0},
    {"labels", l_create_labels, 1, 1, 0},
    {"concat", l_create_concat, 0, 2, 0},
    {"concatenate", l_create_concat, 0, 2, 0},
    {"vstack", l_create_joined, 0, 1, 0},
    {"hstack", l_create_joined, 0, 1, 1},
    {"stack", l_create_stack, 0, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function methods[] = {
    {"diag", l_create_diag, 1, 2, 0},
    {"tril", l_create_triangle, 1, 2, PG_LOWER},
    {"triu", l_create_triangle, 1, 2, PG_UPPER},
    {NULL, NULL, 0, 0, 0},
};

void l_open_create(lua_State *L)
{
    l_add_functions(L, functions, NULL);
    l_array_add_functions(L, methods);
}
