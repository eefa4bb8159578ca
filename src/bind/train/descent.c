/* Descents as userdata: the table perigee.core.descent, for the library's
   models with a forward function of their own.

   Arrays come as lists. The functions return nil and a message for an error of
   the core. */
#include "bind/array/array.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/status.h"
#include "bind/train/communicator.h"
#include "bind/train/optimizer_settings.h"
#include "core/array/checksum.h"
#include "core/train/descent.h"

#define L_DESCENT "perigee.descent"

typedef struct l_descent {
    pg_descent *descent; /* NULL: freed */
    size_t arrays;
} l_descent;

static l_descent *check_descent(lua_State *L, int arg)
{
    l_descent *d = l_userdata_check(L, arg, L_DESCENT);
    l_argument_check(L, d->descent, arg, "the descent was freed");
    return d;
}

/* Pushes room for the addresses of `count` arrays. */
static const pg_array **push_addresses(lua_State *L, size_t count)
{
    return lua_newuserdatauv(L, (count + 1) * sizeof(pg_array *), 0);
}

/* Takes the addresses of the arrays of the list at arg, which keeps them. */
static void take_addresses(lua_State *L, const pg_array **arrays, int arg,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, arg, (lua_Integer)i + 1);
        arrays[i] = l_array_check(L, -1);
        lua_pop(L, 1);
    }
}

/* new(arrays) -> descent on arrays of these shapes and their dtype */
static int l_descent_new(lua_State *L)
{
    enum { ARRAYS = 1, DESCENT };
    pg_error err;
    l_type_check(L, ARRAYS, LUA_TTABLE);
    lua_settop(L, ARRAYS);
    l_descent *d = lua_newuserdatauv(L, sizeof *d, 0);
    *d = (l_descent){.arrays = lua_rawlen(L, ARRAYS)};
    luaL_setmetatable(L, L_DESCENT);
    l_argument_check(L, d->arrays > 0, ARRAYS, "arrays expected");
    const pg_array **arrays = push_addresses(L, d->arrays);
    take_addresses(L, arrays, ARRAYS, d->arrays);
    pg_status status = pg_descent_new(&d->descent, arrays, d->arrays, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_settop(L, DESCENT);
    l_collector_step(L);
    return 1;
}

/* step(descent, weights, gradients, settings, losses, loss) -> true; or nil,
   message, and the array's position if its gradient or new numbers are not
   finite. The loss is appended to losses before an interrupt can raise, so
   their number is that of the steps. */
static int l_descent_step(lua_State *L)
{
    enum { SELF = 1, WEIGHTS, GRADIENTS, SETTINGS, LOSSES, LOSS };
    pg_error err;
    size_t culprit = 0;
    lua_settop(L, LOSS);
    l_type_check(L, WEIGHTS, LUA_TTABLE);
    l_type_check(L, GRADIENTS, LUA_TTABLE);
    l_type_check(L, LOSSES, LUA_TTABLE);
    l_number_check(L, LOSS);
    pg_optimizer_settings settings = l_optimizer_settings_check(L, SETTINGS);
    l_descent *d = check_descent(L, SELF);
    const pg_array **weights = push_addresses(L, d->arrays);
    const pg_array **gradients = push_addresses(L, d->arrays);
    take_addresses(L, weights, WEIGHTS, d->arrays);
    take_addresses(L, gradients, GRADIENTS, d->arrays);
    pg_status status =
        pg_descent_step(&culprit, check_descent(L, SELF)->descent, weights,
                        gradients, &settings, &err);
    if (status != PG_OK) {
        l_failure(L, status, &err);
        if (status != PG_EFINITE)
            return 2;
        lua_pushinteger(L, (lua_Integer)culprit + 1);
        return 3;
    }
    lua_pushvalue(L, LOSS);
    lua_rawseti(L, LOSSES, (lua_Integer)lua_rawlen(L, LOSSES) + 1);
    lua_pushboolean(L, true);
    return 1;
}

/* add_ranks(descent, communicator, gradients, {fast, has_rows, loss, weight,
   tag}) -> loss, the first rank that has rows; tag is a text that ranks must
   agree on. The gradients, sums over this rank's rows, become means over those
   of all ranks. */
static int l_descent_add_ranks(lua_State *L)
{
    enum { SELF = 1, COMM, GRADIENTS, SHARE, TAG };
    pg_error err;
    double loss;
    int first;
    size_t n;
    lua_settop(L, SHARE);
    l_type_check(L, GRADIENTS, LUA_TTABLE);
    l_type_check(L, SHARE, LUA_TTABLE);
    lua_getfield(L, SHARE, "tag");
    const char *tag = l_string_check(L, TAG, &n);
    pg_descent_share share = {
        .comm = l_comm_check(L, COMM),
        .is_fast = l_option_boolean(L, SHARE, "fast", false),
        .has_rows = l_option_boolean(L, SHARE, "has_rows", true),
        .loss = l_option_number(L, SHARE, "loss", 0),
        .weight = l_option_number(L, SHARE, "weight", 0),
        .tag = pg_tag_add(0, tag, n),
    };
    const pg_array **gradients =
        push_addresses(L, check_descent(L, SELF)->arrays);
    l_descent *d = check_descent(L, SELF);
    take_addresses(L, gradients, GRADIENTS, d->arrays);
    pg_status status = pg_descent_add_ranks(&loss, &first, d->descent,
                                            gradients, &share, &err);
    if (status != PG_OK) {
        l_comm_keep(L, share.comm, SELF);
        return l_failure(L, status, &err);
    }
    lua_pushnumber(L, loss);
    lua_pushinteger(L, first);
    return 2;
}

/* optimizer(descent) -> name, steps */
static int l_descent_optimizer(lua_State *L)
{
    uint64_t steps;
    pg_optimizer_kind kind =
        pg_descent_optimizer(&steps, check_descent(L, 1)->descent);
    lua_pushstring(L, pg_optimizer_names[kind]);
    lua_pushinteger(L, (lua_Integer)steps);
    return 2;
}

/* set_optimizer(descent, optimizer, steps) -> true */
static int l_descent_set_optimizer(lua_State *L)
{
    enum { SELF = 1, OPTIMIZER, STEPS };
    pg_error err;
    pg_optimizer_kind kind = l_optimizer_check(L, OPTIMIZER);
    uint64_t steps = (uint64_t)l_integer_check(L, STEPS);
    pg_status status = pg_descent_set_optimizer(check_descent(L, SELF)->descent,
                                                kind, steps, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushboolean(L, true);
    return 1;
}

/* read_state(descent, state, arrays), operation 0, and write_state, 1 -> true;
   state counts from 1 */
static int l_descent_state(lua_State *L)
{
    enum { SELF = 1, STATE, ARRAYS };
    pg_error err;
    int state = (int)l_integer_check(L, STATE) - 1;
    lua_settop(L, ARRAYS);
    l_type_check(L, ARRAYS, LUA_TTABLE);
    const pg_array **arrays = push_addresses(L, check_descent(L, SELF)->arrays);
    l_descent *d = check_descent(L, SELF);
    take_addresses(L, arrays, ARRAYS, d->arrays);
    pg_status status =
        l_call_operation(L)
            ? pg_descent_write_state(d->descent, state, arrays, &err)
            : pg_descent_read_state(arrays, d->descent, state, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushboolean(L, true);
    return 1;
}

/* checksum(x, targets) -> integer: that of a training's data */
static int l_descent_checksum(lua_State *L)
{
    pg_error err;
    uint32_t sum;
    const pg_array *x = l_array_check(L, 1), *targets = l_array_check(L, 2);
    pg_status status = pg_data_checksum(&sum, x, targets, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushinteger(L, sum);
    return 1;
}

static int l_descent_free(lua_State *L)
{
    l_descent *d = l_userdata_check(L, 1, L_DESCENT);
    pg_descent_free(d->descent);
    d->descent = NULL;
    return 0;
}

static const l_function functions[] = {
    {"new", l_descent_new, 0, 1, 0},
    {"step", l_descent_step, 0, 6, 0},
    {"add_ranks", l_descent_add_ranks, 0, 4, 0},
    {"optimizer", l_descent_optimizer, 0, 1, 0},
    {"checksum", l_descent_checksum, 0, 2, 0},
    {"set_optimizer", l_descent_set_optimizer, 0, 3, 0},
    {"read_state", l_descent_state, 0, 3, 0},
    {"write_state", l_descent_state, 0, 3, 1},
    {NULL, NULL, 0, 0, 0},
};

static const luaL_Reg metamethods[] = {
    {"__gc", l_descent_free},
    {"__close", l_descent_free},
    {NULL, NULL},
};

void l_open_descent(lua_State *L)
{
    luaL_newmetatable(L, L_DESCENT);
    luaL_setfuncs(L, metamethods, 0);
    lua_pop(L, 1);
    lua_newtable(L);
    l_add_functions(L, functions, NULL);
    lua_setfield(L, -2, "descent");
}
