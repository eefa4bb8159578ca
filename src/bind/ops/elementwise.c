/* Elementwise operations and operators. */
#include "bind/array/nested_table.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/scalar.h"
#include "bind/base/status.h"
#include "core/array/create.h"
#include "core/ops/map.h"

/* --- operands ------------------------------------------------------------- */

/* An array on the stack, or a number in the dtype of the other operand. */
typedef struct operand {
    const pg_array *array; /* &single for a number */
    pg_array single;       /* of rank 0, over element */
    pg_element element;
} operand;

/* Reads the values at first and first + 1 as op takes them. Tables become
   arrays, and the first of two numbers. Making an array may free the other:
   then both are checked again. */
static void read_operands(lua_State *L, operand o[2], int first,
                          pg_binary_op op)
{
    pg_error err;
    pg_scalar value;
    bool has_new = false;
    bool is_scalar[2] = {l_is_scalar(L, first), l_is_scalar(L, first + 1)};
    if (is_scalar[0] && is_scalar[1])
        is_scalar[0] = false;
    for (int i = 0; i < 2; i++) {
        if (is_scalar[i])
            continue;
        o[i].array = l_array_test(L, first + i);
        if (o[i].array)
            continue;
        o[i].array = l_array_to(L, first + i);
        has_new = true;
    }
    for (int i = 0; i < 2 && has_new; i++)
        if (!is_scalar[i])
            o[i].array = l_array_check(L, first + i);
    for (int i = 0; i < 2; i++) {
        if (!is_scalar[i])
            continue;
        l_scalar_test(L, first + i, &value);
        l_check(L,
                pg_binary_scalar(&o[i].single, &o[i].element, op, value,
                                 o[1 - i].array->dtype, &err),
                &err);
        o[i].array = &o[i].single;
    }
}

/* Ends a function: returns the new array on top, or its element if the operands
   were numbers. */
static int return_as(lua_State *L, bool is_number, pg_status status,
                     const pg_error *err)
{
    return is_number ? l_array_return_scalar(L, status, err)
                     : l_array_return(L, status, err);
}

/* Pushes the array that the options at arg name `out`, or nil. Returns true if
   there is one. */
static bool push_out(lua_State *L, int arg)
{
    static const char *const names[] = {"out", NULL};
    l_options_check(L, arg, names);
    l_option_push(L, arg, "out");
    if (lua_isnil(L, -1))
        return false;
    if (!l_array_test(L, lua_gettop(L)))
        l_option_error(L, "out", "an array");
    return true;
}

/* Ends a function that has written into the array at arg. */
static int return_out(lua_State *L, int arg, pg_status status,
                      const pg_error *err)
{
    l_check(L, status, err);
    lua_settop(L, arg);
    return 1;
}

/* --- operations ----------------------------------------------------------- */

/* a + b, gt(a, b [, {out = array}]), ... */
static int l_array_binary(lua_State *L)
{
    enum { A = 1, B, OPTIONS, OUT };
    pg_error err;
    operand o[2];
    pg_binary_op op = (pg_binary_op)l_call_operation(L);
    lua_settop(L, OPTIONS);
    if (!lua_isnil(L, OPTIONS) && push_out(L, OPTIONS)) {
        read_operands(L, o, A, op);
        pg_status status = pg_binary_replace(l_array_check(L, OUT), op,
                                             o[0].array, o[1].array, &err);
        return return_out(L, OUT, status, &err);
    }
    size_t room = pg_size_max(l_array_room(L, A), l_array_room(L, B));
    bool is_number = room == 0 && l_is_scalar(L, A) && l_is_scalar(L, B);
    pg_array *out = l_array_push_result(L, room);
    read_operands(L, o, A, op);
    l_array_offer_memory(out);
    pg_status status = pg_binary(out, op, o[0].array, o[1].array, &err);
    return return_as(L, is_number, status, &err);
}

/* exp(a [, {out = array}]), ... */
static int l_array_unary(lua_State *L)
{
    enum { A = 1, OPTIONS, OUT };
    pg_error err;
    pg_unary_op op = (pg_unary_op)l_call_operation(L);
    lua_settop(L, OPTIONS);
    if (!lua_isnil(L, OPTIONS) && push_out(L, OPTIONS)) {
        const pg_array *a = l_array_to(L, A);
        pg_status status = pg_unary_replace(l_array_check(L, OUT), op, a, &err);
        return return_out(L, OUT, status, &err);
    }
    bool is_number = l_is_scalar(L, A);
    pg_array *out = l_array_push_result(L, l_array_room(L, A));
    const pg_array *a = l_array_to(L, A);
    l_array_offer_memory(out);
    pg_status status = pg_unary(out, op, a, &err);
    return return_as(L, is_number, status, &err);
}

/* -a and ~a; Lua passes the operand twice */
static int l_array_unary_operator(lua_State *L)
{
    lua_settop(L, 1);
    return l_array_unary(L);
}

/* leaky_relu(a [, slope] [, {out = array}]) */
static int l_array_leaky_relu(lua_State *L)
{
    enum { SLOPE = 2 };
    l_options_last(L, SLOPE);
    lua_pushnumber(L, l_number_opt(L, SLOPE, 0.01));
    lua_replace(L, SLOPE);
    return l_array_binary(L);
}

/* add_(a, b), sub_, mul_ and div_ -> a, changed in place */
static int l_array_binary_in_place(lua_State *L)
{
    enum { A = 1, B };
    pg_error err;
    operand o[2];
    pg_binary_op op = (pg_binary_op)l_call_operation(L);
    l_array_check(L, A);
    lua_settop(L, B);
    read_operands(L, o, A, op);
    l_check(L, pg_binary_in_place(o[0].array, op, o[1].array, &err), &err);
    lua_settop(L, A);
    return 1;
}

/* round(a [, decimals] [, {out = array}]) */
static int l_array_round(lua_State *L)
{
    enum { A = 1, DECIMALS, OPTIONS, OUT };
    pg_error err;
    l_options_last(L, DECIMALS);
    lua_Integer decimals = l_integer_opt(L, DECIMALS, 0);
    if (push_out(L, OPTIONS)) {
        const pg_array *a = l_array_to(L, A);
        pg_status status =
            pg_round_replace(l_array_check(L, OUT), a, decimals, &err);
        return return_out(L, OUT, status, &err);
    }
    bool is_number = l_is_scalar(L, A);
    pg_array *out = l_array_push(L);
    pg_status status = pg_round(out, l_array_to(L, A), decimals, &err);
    return return_as(L, is_number, status, &err);
}

/* fill_(a, value) -> a, changed in place */
static int l_array_fill(lua_State *L)
{
    enum { A = 1, VALUE };
    pg_error err;
    pg_scalar value;
    const pg_array *a = l_array_check(L, A);
    if (!l_scalar_test(L, VALUE, &value))
        return l_type_error(L, VALUE, "number or boolean");
    l_check(L, pg_array_fill(a, value, &err), &err);
    lua_settop(L, A);
    return 1;
}

/* axpy_(y, alpha, x) -> y, changed in place to alpha * x + y */
static int l_array_axpy(lua_State *L)
{
    enum { Y = 1, ALPHA, X };
    pg_error err;
    double alpha = l_number_check(L, ALPHA);
    const pg_array *y = l_array_check(L, Y), *x;
    l_arrays_to(L, &y, Y, &x, X);
    l_check(L, pg_axpy(y, alpha, x, &err), &err);
    lua_settop(L, Y);
    return 1;
}

/* The stack of clip: arguments, `out` or nil, and behind them an empty result
   and its operands. */
enum { CLIPPED = 1, LOW, HIGH, OPTIONS, OUT, RESULT, OPERANDS };

/* Replaces the clipped array by its maximum or minimum with the bound at arg;
   nil is no bound. The last bound's result goes to `out` if there is one. */
static void clip_at(lua_State *L, pg_binary_op op, int arg, bool is_last)
{
    pg_error err;
    operand o[2];
    if (lua_isnil(L, arg))
        return;
    bool to_out = is_last && !lua_isnil(L, OUT);
    lua_settop(L, OUT);
    pg_array *result = l_array_push(L);
    lua_pushvalue(L, CLIPPED);
    lua_pushvalue(L, arg);
    read_operands(L, o, OPERANDS, op);
    if (to_out)
        l_check(L,
                pg_binary_replace(l_array_check(L, OUT), op, o[0].array,
                                  o[1].array, &err),
                &err);
    else
        l_check(L, pg_binary(result, op, o[0].array, o[1].array, &err), &err);
    lua_pushvalue(L, to_out ? OUT : RESULT);
    lua_replace(L, CLIPPED);
}

/* clip(a, low, high [, {out = array}]); one of the bounds may be nil */
static int l_array_clip(lua_State *L)
{
    l_options_last(L, HIGH);
    push_out(L, OPTIONS);
    bool is_number = l_is_scalar(L, CLIPPED) && lua_isnil(L, OUT);
    l_array_to(L, CLIPPED);
    l_argument_expect(L, !lua_isnil(L, LOW) || !lua_isnil(L, HIGH), LOW,
                      "number or array");
    for (int arg = LOW; arg <= HIGH; arg++)
        l_argument_expect(L,
                          lua_isnil(L, arg) || lua_istable(L, arg) ||
                              l_is_scalar(L, arg) || l_array_test(L, arg),
                          arg, "number or array");
    clip_at(L, PG_MAXIMUM, LOW, lua_isnil(L, HIGH));
    clip_at(L, PG_MINIMUM, HIGH, true);
    l_collector_step(L);
    lua_settop(L, CLIPPED);
    return is_number && l_array_check(L, CLIPPED)->ndim == 0
               ? l_array_push_item(L, CLIPPED)
               : 1;
}

/* where(mask, a, b) */
static int l_array_where(lua_State *L)
{
    enum { MASK = 1, A, B };
    pg_error err;
    operand o[2];
    lua_settop(L, B);
    pg_array *out = l_array_push(L);
    l_array_to(L, MASK);
    read_operands(L, o, A, PG_MAXIMUM); /* takes numbers as where does */
    const pg_array *mask = l_array_check(L, MASK);
    return l_array_return(L, pg_where(out, mask, o[0].array, o[1].array, &err),
                          &err);
}

/* allclose(a, b [, rtol [, atol]]) -> boolean */
static int l_array_allclose(lua_State *L)
{
    enum { A = 1, B, RTOL, ATOL };
    pg_error err;
    bool close;
    const pg_array *a, *b;
    double rtol = l_number_opt(L, RTOL, 1e-5);
    double atol = l_number_opt(L, ATOL, 1e-8);
    l_arrays_to(L, &a, A, &b, B);
    l_check(L, pg_allclose(&close, a, b, rtol, atol, &err), &err);
    lua_pushboolean(L, close);
    return 1;
}

/* a < b and a <= b */
static int l_array_no_order(lua_State *L)
{
    return l_error(L, "arrays have no order: < gives no mask in Lua; use "
                      "a:lt(b), a:le(b), a:gt(b) or a:ge(b)");
}

/* --- names ---------------------------------------------------------------- */

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
    {"__unm", l_array_unary_operator, 0, 0, PG_NEGATIVE},
    {"__bnot", l_array_unary_operator, 0, 0, PG_BITWISE_NOT},
    {"__lt", l_array_no_order, 0, 0, 0},
    {"__le", l_array_no_order, 0, 0, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function functions[] = {
    {"gt", l_array_binary, 2, 3, PG_GREATER},
    {"ge", l_array_binary, 2, 3, PG_GREATER_EQUAL},
    {"lt", l_array_binary, 2, 3, PG_LESS},
    {"le", l_array_binary, 2, 3, PG_LESS_EQUAL},
    {"eq", l_array_binary, 2, 3, PG_EQUAL},
    {"ne", l_array_binary, 2, 3, PG_NOT_EQUAL},
    {"minimum", l_array_binary, 2, 3, PG_MINIMUM},
    {"maximum", l_array_binary, 2, 3, PG_MAXIMUM},
    {"add_", l_array_binary_in_place, 2, 2, PG_ADD},
    {"sub_", l_array_binary_in_place, 2, 2, PG_SUBTRACT},
    {"mul_", l_array_binary_in_place, 2, 2, PG_MULTIPLY},
    {"div_", l_array_binary_in_place, 2, 2, PG_DIVIDE},
    {"abs", l_array_unary, 1, 2, PG_ABSOLUTE},
    {"sign", l_array_unary, 1, 2, PG_SIGN},
    {"square", l_array_unary, 1, 2, PG_SQUARE},
    {"relu", l_array_unary, 1, 2, PG_RELU},
    {"exp", l_array_unary, 1, 2, PG_EXP},
    {"expm1", l_array_unary, 1, 2, PG_EXPM1},
    {"log", l_array_unary, 1, 2, PG_LOG},
    {"log1p", l_array_unary, 1, 2, PG_LOG1P},
    {"log2", l_array_unary, 1, 2, PG_LOG2},
    {"log10", l_array_unary, 1, 2, PG_LOG10},
    {"sqrt", l_array_unary, 1, 2, PG_SQRT},
    {"sin", l_array_unary, 1, 2, PG_SIN},
    {"cos", l_array_unary, 1, 2, PG_COS},
    {"tan", l_array_unary, 1, 2, PG_TAN},
    {"tanh", l_array_unary, 1, 2, PG_TANH},
    {"gelu", l_array_unary, 1, 2, PG_GELU},
    {"leaky_relu", l_array_leaky_relu, 1, 3, PG_LEAKY_RELU},
    {"sigmoid", l_array_unary, 1, 2, PG_SIGMOID},
    {"floor", l_array_unary, 1, 2, PG_FLOOR},
    {"ceil", l_array_unary, 1, 2, PG_CEIL},
    {"isnan", l_array_unary, 1, 2, PG_ISNAN},
    {"isfinite", l_array_unary, 1, 2, PG_ISFINITE},
    {"isinf", l_array_unary, 1, 2, PG_ISINF},
    {"round", l_array_round, 1, 3, 0},
    {"fill_", l_array_fill, 0, 2, 0},
    {"axpy_", l_array_axpy, 0, 3, 0},
    {"clip", l_array_clip, 1, 4, 0},
    {"allclose", l_array_allclose, 2, 4, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function module_functions[] = {
    {"where", l_array_where, 3, 3, 0},
    {"gelu_derivative", l_array_unary, 1, 2, PG_GELU_DERIVATIVE},
    {NULL, NULL, 0, 0, 0},
};

void l_open_elementwise(lua_State *L)
{
    l_array_add_functions(L, functions);
    l_array_add_operators(L, operators);
    l_add_functions(L, module_functions, NULL);
}
