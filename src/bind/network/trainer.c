/* The fused path, for model.lua: the table perigee.core.trainer. What the core
   refuses comes back as nil and a message, so that the library can raise it
   where its caller stands. */
#include "bind/array/nested_table.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "bind/network/network.h"
#include "core/train/predict.h"
#include "core/train/targets.h"
#include "core/train/trainer.h"

#define L_TRAINER "perigee.trainer"

typedef struct l_trainer {
    pg_trainer *trainer; /* NULL: freed */
} l_trainer;

static pg_trainer *check_trainer(lua_State *L, int arg)
{
    l_trainer *t = l_userdata_check(L, arg, L_TRAINER);
    l_argument_check(L, t->trainer, arg, "the trainer was freed");
    return t->trainer;
}

/* labels(y, classes) -> labels (n) int32, classes. classes 0: find it. */
static int l_trainer_labels(lua_State *L)
{
    pg_error err;
    size_t classes = l_length_check(L, 2);
    lua_settop(L, 2);
    pg_array *out = l_array_push(L);
    const pg_array *y = l_array_to(L, 1);
    pg_status status = pg_targets_labels(out, &classes, y, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushinteger(L, (lua_Integer)classes);
    return 2;
}

/* --- making, stepping -------------------------------------------------------
 */

static const char *const plans[] = {"auto", "dense", "sparse", NULL};

/* new(x, scale, labels, weights, activation, plan) -> trainer */
static int l_trainer_new(lua_State *L)
{
    pg_error err;
    pg_network network;
    pg_activation activation[PG_MAX_LAYERS];
    double scale = l_number_check(L, 2);
    pg_plan plan = (pg_plan)l_option_check(L, 6, plans);
    lua_settop(L, 6);
    l_trainer *t = lua_newuserdatauv(L, sizeof *t, 0);
    t->trainer = NULL;
    luaL_setmetatable(L, L_TRAINER);
    int layers = l_network_gather(L, 4, "");
    l_activations_check(L, 5, layers, activation);
    l_network_at(L, 8, layers, activation, &network);
    const pg_array *x = l_array_check(L, 1), *labels = l_array_check(L, 3);
    pg_status status =
        pg_trainer_new(&t->trainer, x, scale, labels, &network, plan, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_settop(L, 7);
    l_collector_step(L);
    return 1;
}

static double setting(lua_State *L, int arg, const char *name)
{
    lua_getfield(L, arg, name);
    double value = lua_tonumber(L, -1); /* 0 where it is not there */
    lua_pop(L, 1);
    return value;
}

/* The settings in the table at arg: those that an optimizer does not know may
   be missing. */
static pg_optimizer_settings read_settings(lua_State *L, int arg)
{
    l_type_check(L, arg, LUA_TTABLE);
    pg_optimizer_settings settings = {
        .rate = setting(L, arg, "rate"),
        .weight_decay = setting(L, arg, "weight_decay"),
        .momentum = setting(L, arg, "momentum"),
        .dampening = setting(L, arg, "dampening"),
        .alpha = setting(L, arg, "alpha"),
        .beta1 = setting(L, arg, "beta1"),
        .beta2 = setting(L, arg, "beta2"),
        .eps = setting(L, arg, "eps"),
    };
    lua_getfield(L, arg, "optimizer");
    settings.kind =
        (pg_optimizer_kind)l_option_check(L, -1, pg_optimizer_names);
    lua_pop(L, 1);
    return settings;
}

/* The batch: elements first to last, at arg + 1 and arg + 2, of the int64
   positions at arg, and their number n; NULL where there is nil: all rows. */
static const int64_t *check_batch(lua_State *L, int arg, size_t *n)
{
    *n = 0;
    if (lua_isnil(L, arg))
        return NULL;
    const pg_array *order = l_array_check(L, arg);
    lua_Integer first = l_integer_check(L, arg + 1);
    lua_Integer last = l_integer_check(L, arg + 2);
    l_argument_check(L,
                     order->dtype == PG_INT64 && order->ndim == 1 &&
                         pg_array_is_contiguous(order),
                     arg, "int64 positions expected");
    l_argument_check(
        L, first >= 1 && first <= last && (size_t)last <= order->shape[0],
        arg + 1, "no such positions");
    *n = (size_t)(last - first + 1);
    return (const int64_t *)order->data + (first - 1);
}

/* Ends a step that failed: nil, message, and whether it was a number that was
   not finite. */
static int step_failure(lua_State *L, pg_status status, const pg_error *err)
{
    l_failure(L, status, err);
    lua_pushboolean(L, status == PG_EFINITE);
    return 3;
}

/* step(trainer, weights, settings, losses [, order, first, last]) -> loss,
   which is added to the list of losses: an interrupt comes before the step, or
   when that has it; or nil, message, and whether it was a number that was not
   finite. */
static int l_trainer_step(lua_State *L)
{
    pg_error err;
    pg_network network;
    double loss;
    lua_settop(L, 7);
    l_type_check(L, 4, LUA_TTABLE);
    size_t n;
    pg_optimizer_settings settings = read_settings(L, 3);
    l_network_at(L, 8, l_network_gather(L, 2, ""), NULL, &network);
    const int64_t *batch = check_batch(L, 5, &n);
    pg_status status = pg_trainer_step(&loss, check_trainer(L, 1), &network,
                                       &settings, batch, n, &err);
    if (status != PG_OK)
        return step_failure(L, status, &err);
    lua_pushnumber(L, loss);
    lua_pushvalue(L, -1);
    lua_rawseti(L, 4, (lua_Integer)lua_rawlen(L, 4) + 1);
    return 1;
}

/* plan(trainer) -> "dense" or "sparse", why */
static int l_trainer_plan(lua_State *L)
{
    char why[PG_PLAN_TEXT];
    lua_pushstring(L, plans[pg_trainer_plan(check_trainer(L, 1), why)]);
    lua_pushstring(L, why);
    return 2;
}

/* checksum(trainer) -> integer */
static int l_trainer_checksum(lua_State *L)
{
    pg_error err;
    uint32_t sum;
    pg_status status = pg_trainer_checksum(check_trainer(L, 1), &sum, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushinteger(L, sum);
    return 1;
}

/* checksum_v1(trainer) -> integer: as files of before have it */
static int l_trainer_checksum_v1(lua_State *L)
{
    pg_error err;
    uint32_t sum;
    pg_status status = pg_trainer_checksum_v1(&sum, check_trainer(L, 1), &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushinteger(L, sum);
    return 1;
}

/* --- what the optimizer remembers -------------------------------------------
 */

/* optimizer(trainer) -> name, steps */
static int l_trainer_optimizer(lua_State *L)
{
    uint64_t steps;
    pg_optimizer_kind kind = pg_trainer_optimizer(check_trainer(L, 1), &steps);
    lua_pushstring(L, pg_optimizer_names[kind]);
    lua_pushinteger(L, (lua_Integer)steps);
    return 2;
}

/* set_optimizer(trainer, optimizer, steps) -> true */
static int l_trainer_set_optimizer(lua_State *L)
{
    pg_error err;
    pg_optimizer_kind kind =
        (pg_optimizer_kind)l_option_check(L, 2, pg_optimizer_names);
    uint64_t steps = (uint64_t)l_integer_check(L, 3);
    pg_status status =
        pg_trainer_set_optimizer(check_trainer(L, 1), kind, steps, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushboolean(L, true);
    return 1;
}

/* read_state(trainer, state, arrays) and write_state(trainer, state, arrays)
   -> true; states count from 1, arrays are named as weights. The upvalue says
   which. */
static int l_trainer_state(lua_State *L)
{
    pg_error err;
    pg_network network;
    int state = (int)l_integer_check(L, 2) - 1;
    lua_settop(L, 3);
    l_network_at(L, 4, l_network_gather(L, 3, ""), NULL, &network);
    pg_trainer *trainer = check_trainer(L, 1);
    pg_status status =
        l_call_operation(L)
            ? pg_trainer_write_state(trainer, state, &network, &err)
            : pg_trainer_read_state(trainer, state, &network, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushboolean(L, true);
    return 1;
}

/* --- using ------------------------------------------------------------------
 */

/* The network of the weights at 1, with the activations at 2. */
static void network_of_model(lua_State *L, pg_network *network)
{
    pg_activation activation[PG_MAX_LAYERS];
    int first = lua_gettop(L) + 1, layers = l_network_gather(L, 1, "");
    l_activations_check(L, 2, layers, activation);
    l_network_at(L, first, layers, activation, network);
}

/* predict(weights, activation, x, scale) -> labels (n) int64, and
   predict_proba(...) -> probabilities (n, classes). The upvalue says which. */
static int l_trainer_predict(lua_State *L)
{
    pg_error err;
    pg_network network;
    double scale = l_number_check(L, 4);
    lua_settop(L, 4);
    pg_array *out = l_array_push(L);
    network_of_model(L, &network);
    const pg_array *x = l_array_check(L, 3);
    pg_status status =
        l_call_operation(L)
            ? pg_network_predict_proba(out, &network, x, scale, &err)
            : pg_network_predict(out, &network, x, scale, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_settop(L, 5);
    l_collector_step(L);
    return 1;
}

/* evaluate(weights, activation, x, scale, labels [, with_confusion])
   -> loss, accuracy, confusion or nil */
static int l_trainer_evaluate(lua_State *L)
{
    pg_error err;
    pg_network network;
    pg_evaluation evaluation;
    double scale = l_number_check(L, 4);
    lua_settop(L, 6);
    pg_array *confusion = NULL;
    if (lua_toboolean(L, 6))
        confusion = l_array_push(L);
    else
        lua_pushnil(L);
    network_of_model(L, &network);
    const pg_array *x = l_array_check(L, 3), *labels = l_array_check(L, 5);
    pg_status status = pg_network_evaluate(&evaluation, confusion, &network, x,
                                           scale, labels, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushnumber(L, evaluation.loss);
    lua_pushnumber(L, evaluation.accuracy);
    lua_pushvalue(L, 7);
    l_collector_step(L);
    return 3;
}

static int l_trainer_free(lua_State *L)
{
    l_trainer *t = l_userdata_check(L, 1, L_TRAINER);
    pg_trainer_free(t->trainer);
    t->trainer = NULL;
    return 0;
}

static const l_function functions[] = {
    {"labels", l_trainer_labels, 0, 2, 0},
    {"new", l_trainer_new, 0, 6, 0},
    {"step", l_trainer_step, 0, 7, 0},
    {"plan", l_trainer_plan, 0, 1, 0},
    {"checksum", l_trainer_checksum, 0, 1, 0},
    {"checksum_v1", l_trainer_checksum_v1, 0, 1, 0},
    {"optimizer", l_trainer_optimizer, 0, 1, 0},
    {"set_optimizer", l_trainer_set_optimizer, 0, 3, 0},
    {"evaluate", l_trainer_evaluate, 0, 6, 0},
    {"predict", l_trainer_predict, 0, 4, false},
    {"predict_proba", l_trainer_predict, 0, 4, true},
    {"read_state", l_trainer_state, 0, 3, false},
    {"write_state", l_trainer_state, 0, 3, true},
    {NULL, NULL, 0, 0, 0},
};

static const luaL_Reg metamethods[] = {
    {"__gc", l_trainer_free},
    {"__close", l_trainer_free},
    {NULL, NULL},
};

/* A list of names, which ends with NULL, as a field of the table on top. */
static void add_names(lua_State *L, const char *field, const char *const *names)
{
    lua_newtable(L);
    for (int i = 0; names[i]; i++) {
        lua_pushstring(L, names[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, field);
}

/* How many states each optimizer has, by name, as a field of the table on top.
 */
static void add_states(lua_State *L)
{
    lua_newtable(L);
    for (int i = 0; i < PG_OPTIMIZERS; i++) {
        lua_pushinteger(L, pg_optimizer_states((pg_optimizer_kind)i));
        lua_setfield(L, -2, pg_optimizer_names[i]);
    }
    lua_setfield(L, -2, "states");
}

void l_open_trainer(lua_State *L)
{
    luaL_newmetatable(L, L_TRAINER);
    luaL_setfuncs(L, metamethods, 0);
    lua_pop(L, 1);
    lua_newtable(L);
    l_add_functions(L, functions, NULL);
    add_names(L, "activations", pg_activation_names);
    add_names(L, "optimizers", pg_optimizer_names);
    add_states(L);
    lua_setfield(L, -2, "trainer");
}
