/* Elementwise operations and operators. */
#include "bind/array/nested_table.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/scalar.h"
#include "bind/base/status.h"
#include "core/array/create.h"
#include "core/ops/linalg.h"
#include "core/ops/map.h"

/* --- operands ------------------------------------------------------------- */

/* An array on the stack, or a number that takes its dtype from the array beside
   it. */
typedef struct operand {
    const pg_array *array;
    pg_array single; /* over element */
    pg_element element;
} operand;

static bool is_scalar(lua_State *L, int arg)
{
    int type = lua_type(L, arg);
    return type == LUA_TNUMBER || type == LUA_TBOOLEAN;
}

static void read_scalar(lua_State *L, operand *o, int arg, pg_binary_op op,
                        pg_dtype beside)
{
    pg_error err;
    pg_scalar scalar;
    l_scalar_test(L, arg, &scalar);
    l_check(L,
            pg_binary_scalar(&o->single, &o->element, op, scalar, beside, &err),
            &err);
    o->array = &o->single;
}

/* The values at first and first + 1, as op takes them. Tables become arrays,
   and the first of two numbers. Making an array may free another: then both are
   looked at again. */
static void read_operands(lua_State *L, operand o[2], int first,
                          pg_binary_op op)
{
    bool scalar[2] = {is_scalar(L, first), is_scalar(L, first + 1)};
    bool made = false;
    if (scalar[0] && scalar[1])
        scalar[0] = false;
    for (int i = 0; i < 2; i++) {
        if (scalar[i])
            continue;
        o[i].array = l_array_test(L, first + i);
        if (o[i].array)
            continue;
        o[i].array = l_array_to(L, first + i);
        made = true;
    }
    for (int i = 0; i < 2 && made; i++)
        if (!scalar[i])
            o[i].array = l_array_check(L, first + i);
    for (int i = 0; i < 2; i++)
        if (scalar[i])
            read_scalar(L, &o[i], first + i, op, o[1 - i].array->dtype);
}

/* --- elementwise ---------------------------------------------------------- */

/* Of two numbers, the result is a number. */
static int l_array_binary(lua_State *L)
{
    pg_error err;
    operand o[2];
    pg_binary_op op = (pg_binary_op)l_call_operation(L);
    lua_settop(L, 2);
    bool scalar = is_scalar(L, 1) && is_scalar(L, 2);
    pg_array *out = l_array_push(L);
    read_operands(L, o, 1, op);
    pg_status status = pg_binary(out, op, o[0].array, o[1].array, &err);
    return scalar ? l_array_return_scalar(L, status, &err)
                  : l_array_return(L, status, &err);
}

/* Lua passes a unary operator its operand twice; of a number, the result is a
   number. */
static int l_array_unary(lua_State *L)
{
    pg_error err;
    pg_unary_op op = (pg_unary_op)l_call_operation(L);
    lua_settop(L, 1);
    bool scalar = is_scalar(L, 1);
    pg_array *out = l_array_push(L);
    pg_status status = pg_unary(out, op, l_array_to(L, 1), &err);
    return scalar ? l_array_return_scalar(L, status, &err)
                  : l_array_return(L, status, &err);
}

/* add_, sub_, mul_, div_: into the array itself, which they return. */
static int l_array_binary_in_place(lua_State *L)
{
    pg_error err;
    operand o[2];
    pg_binary_op op = (pg_binary_op)l_call_operation(L);
    l_array_check(L, 1);
    lua_settop(L, 2);
    read_operands(L, o, 1, op);
    l_check(L, pg_binary_in_place(o[0].array, op, o[1].array, &err), &err);
    lua_settop(L, 1);
    return 1;
}

/* round(a [, decimals]) */
static int l_array_round(lua_State *L)
{
    pg_error err;
    lua_Integer decimals = l_integer_opt(L, 2, 0);
    lua_settop(L, 1);
    bool scalar = is_scalar(L, 1);
    pg_array *out = l_array_push(L);
    pg_status status = pg_round(out, l_array_to(L, 1), decimals, &err);
    return scalar ? l_array_return_scalar(L, status, &err)
                  : l_array_return(L, status, &err);
}

static int l_array_fill(lua_State *L)
{
    pg_error err;
    pg_scalar value;
    const pg_array *a = l_array_check(L, 1);
    if (!l_scalar_test(L, 2, &value))
        return l_type_error(L, 2, "number or boolean");
    l_check(L, pg_array_fill(a, value, &err), &err);
    lua_settop(L, 1);
    return 1;
}

static int l_array_axpy(lua_State *L)
{
    pg_error err;
    double alpha = l_number_check(L, 2);
    const pg_array *y = l_array_check(L, 1), *x;
    l_arrays_to(L, &y, 1, &x, 3);
    l_check(L, pg_axpy(y, alpha, x, &err), &err);
    lua_settop(L, 1);
    return 1;
}

/* Replaces the array at 1 by its maximum or minimum with the bound at arg, if
   there is one. */
static void bound(lua_State *L, pg_binary_op op, int arg)
{
    pg_error err;
    operand o[2];
    if (lua_isnoneornil(L, arg))
        return;
    lua_settop(L, 3);
    pg_array *out = l_array_push(L);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, arg);
    read_operands(L, o, 5, op);
    l_check(L, pg_binary(out, op, o[0].array, o[1].array, &err), &err);
    lua_settop(L, 4);
    lua_replace(L, 1);
}

/* clip(a, low, high), either of which may be nil. */
static int l_array_clip(lua_State *L)
{
    lua_settop(L, 3);
    bool scalar = is_scalar(L, 1);
    l_array_to(L, 1);
    l_argument_expect(L, !lua_isnil(L, 2) || !lua_isnil(L, 3), 2,
                      "number or array");
    for (int arg = 2; arg <= 3; arg++)
        l_argument_expect(L,
                          lua_isnil(L, arg) || lua_istable(L, arg) ||
                              lua_type(L, arg) == LUA_TNUMBER ||
                              lua_isboolean(L, arg) || l_array_test(L, arg),
                          arg, "number or array");
    bound(L, PG_MAXIMUM, 2);
    bound(L, PG_MINIMUM, 3);
    l_collector_step(L);
    lua_settop(L, 1);
    return scalar && l_array_check(L, 1)->ndim == 0 ? l_array_push_item(L, 1)
                                                    : 1;
}

static int l_array_where(lua_State *L)
{
    pg_error err;
    operand o[2];
    lua_settop(L, 3);
    pg_array *out = l_array_push(L);
    l_array_to(L, 1);
    read_operands(L, o, 2, PG_MAXIMUM); /* takes numbers as where does */
    const pg_array *mask = l_array_check(L, 1);
    return l_array_return(L, pg_where(out, mask, o[0].array, o[1].array, &err),
                          &err);
}

static int l_array_allclose(lua_State *L)
{
    pg_error err;
    bool close;
    const pg_array *a, *b;
    double rtol = l_number_opt(L, 3, 1e-5);
    double atol = l_number_opt(L, 4, 1e-8);
    l_arrays_to(L, &a, 1, &b, 2);
    l_check(L, pg_allclose(&close, a, b, rtol, atol, &err), &err);
    lua_pushboolean(L, close);
    return 1;
}

/* --- names ---------------------------------------------------------------- */

static int l_array_no_order(lua_State *L)
{
    return l_error(L, "arrays have no order: < gives no mask in Lua; use "
                      "a:lt(b), a:le(b), a:gt(b) or a:ge(b)");
}

static const l_function operators[] = {
    {"__add", l_array_binary, 0, 0, PG_ADD},
    {"__sub", l_array_binary, 0, 0, PG_SUBTRACT},
    {"__mul", l_array_binary, 0, 0, PG_MULTIPLY},
    {"__div", l_array_binary, 0, 0, PG_DIVIDE},
    {"__idiv", l_array_binary, 0, 0, PG_FLOOR_DIVIDE},
    {"__mod", l_array_binary, 0, 0, PG_REMAINDER},
    {"__pow", l_array_binary, 0, 0, PG_POWER},
    {"__band", l_array_binary, 0, 0, PG_BITWISE_AND},
    {"__bor", l_array_binary, 0, 0, PG_BITWISE_OR},
    {"__bxor", l_array_binary, 0, 0, PG_BITWISE_XOR},
    {"__unm", l_array_unary, 0, 0, PG_NEGATIVE},
    {"__bnot", l_array_unary, 0, 0, PG_BITWISE_NOT},
    {"__lt", l_array_no_order, 0, 0, 0},
    {"__le", l_array_no_order, 0, 0, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function functions[] = {
    {"gt", l_array_binary, 2, 2, PG_GREATER},
    {"ge", l_array_binary, 2, 2, PG_GREATER_EQUAL},
    {"lt", l_array_binary, 2, 2, PG_LESS},
    {"le", l_array_binary, 2, 2, PG_LESS_EQUAL},
    {"eq", l_array_binary, 2, 2, PG_EQUAL},
    {"ne", l_array_binary, 2, 2, PG_NOT_EQUAL},
    {"minimum", l_array_binary, 2, 2, PG_MINIMUM},
    {"maximum", l_array_binary, 2, 2, PG_MAXIMUM},
    {"add_", l_array_binary_in_place, 2, 2, PG_ADD},
    {"sub_", l_array_binary_in_place, 2, 2, PG_SUBTRACT},
    {"mul_", l_array_binary_in_place, 2, 2, PG_MULTIPLY},
    {"div_", l_array_binary_in_place, 2, 2, PG_DIVIDE},
    {"abs", l_array_unary, 1, 1, PG_ABSOLUTE},
    {"exp", l_array_unary, 1, 1, PG_EXP},
    {"log", l_array_unary, 1, 1, PG_LOG},
    {"sqrt", l_array_unary, 1, 1, PG_SQRT},
    {"tanh", l_array_unary, 1, 1, PG_TANH},
    {"sigmoid", l_array_unary, 1, 1, PG_SIGMOID},
    {"floor", l_array_unary, 1, 1, PG_FLOOR},
    {"ceil", l_array_unary, 1, 1, PG_CEIL},
    {"isnan", l_array_unary, 1, 1, PG_ISNAN},
    {"round", l_array_round, 1, 2, 0},
    {"fill_", l_array_fill, 0, 2, 0},
    {"axpy_", l_array_axpy, 0, 3, 0},
    {"clip", l_array_clip, 1, 3, 0},
    {"allclose", l_array_allclose, 2, 4, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function module_functions[] = {
    {"where", l_array_where, 3, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_elementwise(lua_State *L)
{
    l_array_add_functions(L, functions);
    l_array_add_operators(L, operators);
    l_add_functions(L, module_functions, NULL);
}
