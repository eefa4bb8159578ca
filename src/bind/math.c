/* Elementwise operations, reductions, products. */
#include "bind.h"

#include "../core/create.h"
#include "../core/linalg.h"
#include "../core/map.h"
#include "../core/reduce.h"

/* --- operands
 * ------------------------------------------------------------------- */

/* An array as it stands, or a number that takes its dtype from the array
   beside it. Borrows: the arguments stay on the stack. */
typedef struct operand {
    pg_array array;
    pg_element element;
} operand;

static void read_scalar(lua_State *L, operand *o, int arg, pg_dtype beside,
                        bool may_widen)
{
    pg_error err;
    pg_scalar scalar;
    l_scalar_test(L, arg, &scalar);
    l_check(L,
            pg_scalar_operand(&o->array, &o->element, scalar, beside, may_widen,
                              &err),
            &err);
}

static bool is_scalar(lua_State *L, int arg)
{
    return lua_type(L, arg) == LUA_TNUMBER || lua_isboolean(L, arg);
}

/* The values at first and first + 1. Where both are numbers, the first becomes
   an array. */
static void read_operands(lua_State *L, operand o[2], int first, bool may_widen)
{
    bool scalar[2];
    for (int i = 0; i < 2; i++) {
        scalar[i] = is_scalar(L, first + i) && !(i == 1 && scalar[0]);
        if (!scalar[i])
            o[i].array = *l_array_to(L, first + i);
    }
    for (int i = 0; i < 2; i++)
        if (scalar[i])
            read_scalar(L, &o[i], first + i, o[1 - i].array.dtype, may_widen);
}

/* --- elementwise
 * -------------------------------------------------------------------- */

static bool is_comparison(pg_binary_op op)
{
    return op >= PG_GREATER && op <= PG_NOT_EQUAL;
}

static int l_array_binary(lua_State *L)
{
    pg_error err;
    operand o[2];
    pg_binary_op op = (pg_binary_op)l_operation_of(L);
    lua_settop(L, 2);
    read_operands(L, o, 1, is_comparison(op));
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_binary(out, op, &o[0].array, &o[1].array, &err),
                          &err);
}

/* Lua passes a unary operator its operand twice; of a number, the result is a
   number. */
static int l_array_unary(lua_State *L)
{
    pg_error err;
    pg_scalar value;
    bool scalar = is_scalar(L, 1);
    const pg_array *a = l_array_to(L, 1);
    pg_array *out = l_array_push(L);
    l_array_return(L, pg_unary(out, (pg_unary_op)l_operation_of(L), a, &err),
                   &err);
    if (scalar) {
        l_check(L, pg_array_item(&value, out, &err), &err);
        l_scalar_push(L, value);
    }
    return 1;
}

/* add_, sub_, mul_, div_: into the array itself, which they return. */
static int l_array_binary_in_place(lua_State *L)
{
    pg_error err;
    operand o[2];
    const pg_array *a = l_array_check(L, 1);
    lua_settop(L, 2);
    read_operands(L, o, 1, false);
    l_check(L,
            pg_binary_into(a, (pg_binary_op)l_operation_of(L), a, &o[1].array,
                           &err),
            &err);
    lua_settop(L, 1);
    return 1;
}

static int l_array_fill(lua_State *L)
{
    pg_error err;
    pg_scalar value;
    const pg_array *a = l_array_check(L, 1);
    if (!l_scalar_test(L, 2, &value))
        return luaL_typeerror(L, 2, "number or boolean");
    l_check(L, pg_array_fill(a, value, &err), &err);
    lua_settop(L, 1);
    return 1;
}

static int l_array_axpy(lua_State *L)
{
    pg_error err;
    const pg_array *y = l_array_check(L, 1);
    double alpha = luaL_checknumber(L, 2);
    const pg_array *x = l_array_to(L, 3);
    l_check(L, pg_axpy(y, alpha, x, &err), &err);
    lua_settop(L, 1);
    return 1;
}

static int l_array_clip(lua_State *L)
{
    pg_error err;
    operand low[2], high[2];
    lua_settop(L, 3);
    l_array_to(L, 1);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    read_operands(L, low, 4, false);
    pg_array *raised = l_array_push(L);
    l_check(L,
            pg_binary(raised, PG_MAXIMUM, &low[0].array, &low[1].array, &err),
            &err);
    lua_pushvalue(L, 3);
    read_operands(L, high, 6, false);
    pg_array *out = l_array_push(L);
    return l_array_return(
        L, pg_binary(out, PG_MINIMUM, &high[0].array, &high[1].array, &err),
        &err);
}

int l_array_where(lua_State *L)
{
    pg_error err;
    operand o[2];
    lua_settop(L, 3);
    const pg_array *mask = l_array_to(L, 1);
    read_operands(L, o, 2, false);
    pg_array *out = l_array_push(L);
    return l_array_return(
        L, pg_where(out, mask, &o[0].array, &o[1].array, &err), &err);
}

static int l_array_softmax(lua_State *L)
{
    pg_error err;
    const pg_array *a = l_array_to(L, 1);
    luaL_argcheck(L, a->ndim > 0, 1, "softmax needs rank 1 or more");
    int axis = lua_isnoneornil(L, 2) ? a->ndim - 1 : l_axis_check(L, 2, a);
    pg_array *out = l_array_push(L);
    return l_array_return(L, pg_softmax(out, a, axis, &err), &err);
}

static int l_array_allclose(lua_State *L)
{
    pg_error err;
    bool close;
    const pg_array *a = l_array_to(L, 1), *b = l_array_to(L, 2);
    double rtol = luaL_optnumber(L, 3, 1e-5);
    double atol = luaL_optnumber(L, 4, 1e-8);
    l_check(L, pg_allclose(&close, a, b, rtol, atol, &err), &err);
    lua_pushboolean(L, close);
    return 1;
}

/* --- reductions and products
 * --------------------------------------------------------- */

/* Over everything, unless asked to keep the axes, the result is a number. */
static int l_array_reduce(lua_State *L)
{
    pg_error err;
    const pg_array *a = l_array_to(L, 1);
    bool all = lua_isnoneornil(L, 2), keep = lua_toboolean(L, 3);
    int axis = all ? PG_ALL : l_axis_check(L, 2, a);
    pg_array *out = l_array_push(L);
    l_array_return(
        L, pg_reduce(out, (pg_reduce_op)l_operation_of(L), a, axis, keep, &err),
        &err);
    if (!all || keep)
        return 1;
    lua_replace(L, 1);
    return l_array_item(L);
}

static int l_array_dot(lua_State *L)
{
    pg_error err;
    const pg_array *a = l_array_to(L, 1), *b = l_array_to(L, 2);
    pg_array *out = l_array_push(L);
    l_array_return(L, pg_dot(out, a, b, &err), &err);
    if (out->ndim > 0)
        return 1;
    lua_replace(L, 1); /* two vectors: their product is a number */
    return l_array_item(L);
}

/* --- names
 * -------------------------------------------------------------------------- */

static int l_array_no_order(lua_State *L)
{
    return luaL_error(L, "arrays have no order: < gives no mask in Lua; use "
                         "a:lt(b), a:le(b), a:gt(b) or a:ge(b)");
}

static const l_operation operators[] = {
    {"__add", l_array_binary, PG_ADD},
    {"__sub", l_array_binary, PG_SUBTRACT},
    {"__mul", l_array_binary, PG_MULTIPLY},
    {"__div", l_array_binary, PG_DIVIDE},
    {"__idiv", l_array_binary, PG_FLOOR_DIVIDE},
    {"__mod", l_array_binary, PG_REMAINDER},
    {"__pow", l_array_binary, PG_POWER},
    {"__band", l_array_binary, PG_BITWISE_AND},
    {"__bor", l_array_binary, PG_BITWISE_OR},
    {"__bxor", l_array_binary, PG_BITWISE_XOR},
    {"__unm", l_array_unary, PG_NEGATIVE},
    {"__bnot", l_array_unary, PG_BITWISE_NOT},
    {"__lt", l_array_no_order, 0},
    {"__le", l_array_no_order, 0},
    {NULL, NULL, 0},
};

static const l_operation methods[] = {
    {"gt", l_array_binary, PG_GREATER},
    {"ge", l_array_binary, PG_GREATER_EQUAL},
    {"lt", l_array_binary, PG_LESS},
    {"le", l_array_binary, PG_LESS_EQUAL},
    {"eq", l_array_binary, PG_EQUAL},
    {"ne", l_array_binary, PG_NOT_EQUAL},
    {"minimum", l_array_binary, PG_MINIMUM},
    {"maximum", l_array_binary, PG_MAXIMUM},
    {"add_", l_array_binary_in_place, PG_ADD},
    {"sub_", l_array_binary_in_place, PG_SUBTRACT},
    {"mul_", l_array_binary_in_place, PG_MULTIPLY},
    {"div_", l_array_binary_in_place, PG_DIVIDE},
    {"abs", l_array_unary, PG_ABSOLUTE},
    {"exp", l_array_unary, PG_EXP},
    {"log", l_array_unary, PG_LOG},
    {"sqrt", l_array_unary, PG_SQRT},
    {"tanh", l_array_unary, PG_TANH},
    {"sigmoid", l_array_unary, PG_SIGMOID},
    {"sum", l_array_reduce, PG_SUM},
    {"mean", l_array_reduce, PG_MEAN},
    {"std", l_array_reduce, PG_STD},
    {"min", l_array_reduce, PG_MIN},
    {"max", l_array_reduce, PG_MAX},
    {"argmax", l_array_reduce, PG_ARGMAX},
    {"fill_", l_array_fill, 0},
    {"axpy_", l_array_axpy, 0},
    {"clip", l_array_clip, 0},
    {"softmax", l_array_softmax, 0},
    {"allclose", l_array_allclose, 0},
    {"dot", l_array_dot, 0},
    {NULL, NULL, 0},
};

void l_add_math_methods(lua_State *L)
{
    l_add_operations(L, methods);
}

void l_add_math_operators(lua_State *L)
{
    l_add_operations(L, operators);
}
