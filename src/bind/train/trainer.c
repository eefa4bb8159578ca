/* Trainers as userdata, and predictions: the table perigee.core.trainer, for
   the library's models.

   The functions return nil and a message for an error of the core. The library
   adds the iteration to it, and raises in its caller's line. */
#include "bind/array/nested_table.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/status.h"
#include "bind/train/communicator.h"
#include "bind/train/network_table.h"
#include "bind/train/optimizer_settings.h"
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

/* labels(y, classes) -> labels (n) int32, classes; the number of classes is
   that of y if 0 is given */
static int l_trainer_labels(lua_State *L)
{
    enum { Y = 1, CLASSES };
    pg_error err;
    size_t classes = l_length_check(L, CLASSES);
    lua_settop(L, CLASSES);
    pg_array *out = l_array_push(L);
    const pg_array *y = l_array_to(L, Y);
    pg_status status = pg_targets_labels(out, &classes, y, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushinteger(L, (lua_Integer)classes);
    return 2;
}

/* targets(y, loss, outputs, dtype) -> labels (n) int32, or rows (n, outputs) of
   dtype; outputs; their number is that of y if 0 is given */
static int l_trainer_targets(lua_State *L)
{
    enum { Y = 1, LOSS, OUTPUTS, DTYPE };
    pg_error err;
    size_t outputs = l_length_check(L, OUTPUTS);
    pg_loss loss = l_loss_check(L, LOSS);
    pg_dtype dtype = l_dtype_opt(L, DTYPE, PG_FLOAT32);
    l_argument_check(L, pg_dtype_is_float(dtype), DTYPE, "a float expected");
    lua_settop(L, DTYPE);
    pg_array *out = l_array_push(L);
    const pg_array *y = l_array_to(L, Y);
    pg_status status = pg_targets_read(out, &outputs, y, loss, dtype, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushinteger(L, (lua_Integer)outputs);
    return 2;
}

/* --- losses --------------------------------------------------------------- */

/* A loss with its options; class_weight is an array on the stack, or 0. */
typedef struct l_loss {
    pg_loss kind;
    double label_smoothing;
    int class_weight;
} l_loss;

/* Reads the table at arg, {loss = name, label_smoothing = number or nil,
   class_weight = float64 array or nil}; nil: cross-entropy. Pushes
   class_weight. */
static l_loss gather_loss(lua_State *L, int arg)
{
    l_loss loss = {0};
    bool is_given = !lua_isnoneornil(L, arg);
    if (is_given) {
        l_type_check(L, arg, LUA_TTABLE);
        lua_getfield(L, arg, "loss");
        loss.kind = l_loss_check(L, lua_gettop(L));
        lua_getfield(L, arg, "label_smoothing");
        loss.label_smoothing = lua_tonumber(L, -1);
        lua_pop(L, 2);
        lua_getfield(L, arg, "class_weight");
    } else
        lua_pushnil(L);
    loss.class_weight = lua_isnil(L, -1) ? 0 : lua_gettop(L);
    return loss;
}

/* The options of a gathered loss, for a call of the core. */
static pg_loss_options loss_options_at(lua_State *L, const l_loss *loss)
{
    return (pg_loss_options){
        .label_smoothing = loss->label_smoothing,
        .class_weight =
            loss->class_weight ? l_array_check(L, loss->class_weight) : NULL,
    };
}

/* --- trainers ------------------------------------------------------------- */

static const char *const plans[] = {"auto", "dense", "sparse", NULL};

/* new(x, scale, targets, weights, activation, plan [, loss]) -> trainer */
static int l_trainer_new(lua_State *L)
{
    enum { X = 1, SCALE, TARGETS, WEIGHTS, ACTIVATION, PLAN, LOSS, TRAINER };
    pg_error err;
    pg_network network;
    double scale = l_number_check(L, SCALE);
    pg_plan plan = (pg_plan)l_name_check(L, PLAN, plans);
    lua_settop(L, LOSS);
    l_trainer *t = lua_newuserdatauv(L, sizeof *t, 2);
    t->trainer = NULL;
    luaL_setmetatable(L, L_TRAINER);
    l_loss loss = gather_loss(L, LOSS);
    l_network weights = l_network_gather(L, WEIGHTS, "");
    l_activations_check(L, ACTIVATION, weights.layers, weights.activation);
    weights.loss = loss.kind;
    l_network_at(L, &weights, &network);
    const pg_array *x = l_array_check(L, X), *y = l_array_check(L, TARGETS);
    pg_loss_options options = loss_options_at(L, &loss);
    pg_status status = pg_trainer_new(&t->trainer, x, scale, y, &options,
                                      &network, plan, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_settop(L, TRAINER);
    lua_pushvalue(L, X); /* its elements may stand in its userdata */
    lua_setiuservalue(L, TRAINER, 1);
    l_collector_step(L);
    return 1;
}

/* The dropout of a step, from the table at arg: {dropout = {a probability for
   each hidden layer}, dropout_key = integer, iteration = integer, ...}. False
   where it has none. */
static bool read_dropout(lua_State *L, int arg, int layers, pg_dropout *dropout)
{
    *dropout = (pg_dropout){0};
    if (lua_getfield(L, arg, "dropout") == LUA_TNIL) {
        lua_pop(L, 1);
        return false;
    }
    l_argument_check(
        L, lua_istable(L, -1) && lua_rawlen(L, -1) == (size_t)(layers - 1), arg,
        "a dropout for each hidden layer expected");
    for (int l = 0; l < layers - 1; l++) {
        lua_rawgeti(L, -1, l + 1);
        dropout->p[l] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_getfield(L, arg, "dropout_key");
    dropout->key = (uint64_t)lua_tointeger(L, -1);
    lua_getfield(L, arg, "iteration");
    dropout->iteration = (uint64_t)lua_tointeger(L, -1);
    lua_pop(L, 3);
    return true;
}

/* The arguments of step. */
enum {
    TRAINER = 1,
    WEIGHTS,
    SETTINGS,
    LOSSES,
    ORDER,
    FIRST,
    LAST,
    TOTAL,
    OFFSET
};

/* The minibatch: the positions first to last of order (int64), none where last
   is first - 1; all rows, if order is nil. */
static pg_batch check_batch(lua_State *L)
{
    if (lua_isnil(L, ORDER))
        return (pg_batch){0};
    const pg_array *order = l_array_check(L, ORDER);
    lua_Integer first = l_integer_check(L, FIRST);
    lua_Integer last = l_integer_check(L, LAST);
    l_argument_check(L,
                     order->dtype == PG_INT64 && order->ndim == 1 &&
                         pg_array_is_contiguous(order),
                     ORDER, "int64 positions expected");
    l_argument_check(
        L, first >= 1 && first - 1 <= last && (size_t)last <= order->shape[0],
        FIRST, "no such positions");
    return (pg_batch){
        .positions = (const int64_t *)order->data + (first - 1),
        .n = (size_t)(last - first + 1),
        .total = (size_t)lua_tointeger(L, TOTAL),
        .offset = (size_t)lua_tointeger(L, OFFSET),
    };
}

/* Keeps the trainer after a step that was broken off in an exchange. */
static void keep_if_broken(lua_State *L)
{
    if (lua_getiuservalue(L, TRAINER, 2) == LUA_TUSERDATA)
        l_comm_keep(L, l_comm_check(L, lua_gettop(L)), TRAINER);
    lua_pop(L, 1);
}

/* step(trainer, weights, settings, losses [, order, first, last [, total,
   offset]]) -> loss; or nil, message, and true if the error is a non-finite
   number. The loss is appended to losses before an interrupt can raise, so
   their number is that of the steps. */
static int l_trainer_step(lua_State *L)
{
    pg_error err;
    pg_network network;
    double loss;
    lua_settop(L, OFFSET);
    l_type_check(L, LOSSES, LUA_TTABLE);
    pg_optimizer_settings settings = l_optimizer_settings_check(L, SETTINGS);
    l_network weights = l_network_gather(L, WEIGHTS, "");
    pg_dropout dropout;
    bool drops = read_dropout(L, SETTINGS, weights.layers, &dropout);
    l_network_at(L, &weights, &network);
    pg_batch batch = check_batch(L);
    pg_status status =
        pg_trainer_step(&loss, check_trainer(L, TRAINER), &network, &settings,
                        drops ? &dropout : NULL, &batch, &err);
    if (status != PG_OK) {
        keep_if_broken(L);
        l_failure(L, status, &err);
        lua_pushboolean(L, status == PG_EFINITE);
        return 3;
    }
    lua_pushnumber(L, loss);
    lua_pushvalue(L, -1);
    lua_rawseti(L, LOSSES, (lua_Integer)lua_rawlen(L, LOSSES) + 1);
    return 1;
}

/* share(trainer, communicator, {local, total, first, uneven, fast [,
   label_counts]}) -> true */
static int l_trainer_share(lua_State *L)
{
    enum { SELF = 1, COMM, OPTIONS, COUNTS };
    pg_error err;
    lua_settop(L, OPTIONS);
    l_type_check(L, OPTIONS, LUA_TTABLE);
    lua_getfield(L, OPTIONS, "label_counts");
    pg_share share = {
        .is_local = l_option_boolean(L, OPTIONS, "local", false),
        .is_uneven = l_option_boolean(L, OPTIONS, "uneven", false),
        .is_fast = l_option_boolean(L, OPTIONS, "fast", false),
    };
    lua_getfield(L, OPTIONS, "total");
    lua_getfield(L, OPTIONS, "first");
    share.total = (size_t)lua_tointeger(L, -2);
    share.first = (size_t)lua_tointeger(L, -1);
    share.comm = l_comm_check(L, COMM);
    if (!lua_isnil(L, COUNTS))
        share.label_counts = l_array_check(L, COUNTS)->data;
    pg_status status = pg_trainer_share(check_trainer(L, SELF), &share, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushvalue(L, COMM); /* for keep_if_broken */
    lua_setiuservalue(L, SELF, 2);
    lua_pushboolean(L, true);
    return 1;
}

/* The rank at an index, one of those whose number is at another. */
static int check_rank(lua_State *L, int arg, int ranks_arg)
{
    lua_Integer rank = l_integer_check(L, arg);
    lua_Integer ranks = l_integer_check(L, ranks_arg);
    l_argument_check(L, ranks >= 1 && ranks <= INT32_MAX, ranks_arg,
                     "a number of ranks expected");
    l_argument_check(L, rank >= 0 && rank < ranks, arg, "a rank expected");
    return (int)rank;
}

/* rows_of_rank(n, rank, ranks) -> first, last: the rows of the rank's shards of
   n rows, from 1; last is first - 1 where it has none */
static int l_trainer_rows_of_rank(lua_State *L)
{
    enum { N = 1, RANK, RANKS };
    size_t n = l_length_check(L, N);
    pg_shard_run run =
        pg_shards_of_rank(n, PG_CUT_ALL_ROWS, check_rank(L, RANK, RANKS),
                          (int)l_integer_check(L, RANKS));
    lua_pushinteger(L, (lua_Integer)pg_shards_first_row(n, run.cut, run.first) +
                           1);
    lua_pushinteger(L, (lua_Integer)pg_shards_first_row(n, run.cut, run.end));
    return 2;
}

/* shards_of_rank(n, is_batch, rank, ranks) -> the number of the rank's shards
   of the n rows of a step */
static int l_trainer_shards_of_rank(lua_State *L)
{
    enum { N = 1, IS_BATCH, RANK, RANKS };
    pg_cut cut = lua_toboolean(L, IS_BATCH) ? PG_CUT_BATCH : PG_CUT_ALL_ROWS;
    pg_shard_run run =
        pg_shards_of_rank(l_length_check(L, N), cut, check_rank(L, RANK, RANKS),
                          (int)l_integer_check(L, RANKS));
    lua_pushinteger(L, (lua_Integer)(run.end - run.first));
    return 1;
}

/* label_counts(trainer, classes) -> int64 (classes), or nil where labels are
   not weighed */
static int l_trainer_label_counts(lua_State *L)
{
    enum { SELF = 1, CLASSES, COUNTS };
    pg_error err;
    size_t classes = l_length_check(L, CLASSES);
    lua_settop(L, CLASSES);
    pg_array *counts = l_array_push(L);
    l_check(L, pg_array_zeros(counts, PG_INT64, 1, &classes, &err), &err);
    if (!pg_trainer_count_labels(counts->data, check_trainer(L, SELF)))
        lua_pushnil(L);
    return 1;
}

/* density(trainer) -> the part of x that is not zero, or nil where it was not
   counted */
static int l_trainer_density(lua_State *L)
{
    double density = pg_trainer_density(check_trainer(L, 1));
    if (density < 0)
        lua_pushnil(L);
    else
        lua_pushnumber(L, density);
    return 1;
}

/* plan(trainer) -> "dense" or "sparse", why */
static int l_trainer_plan(lua_State *L)
{
    char why[PG_PLAN_TEXT];
    lua_pushstring(L, plans[pg_trainer_plan(why, check_trainer(L, 1))]);
    lua_pushstring(L, why);
    return 2;
}

/* checksum(trainer), operation 0, and checksum_v1, 1, of files of format 1
   -> integer */
static int l_trainer_checksum(lua_State *L)
{
    pg_error err;
    uint32_t sum;
    pg_trainer *trainer = check_trainer(L, 1);
    pg_status status = l_call_operation(L)
                           ? pg_trainer_checksum_v1(&sum, trainer, &err)
                           : pg_trainer_checksum(&sum, trainer, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushinteger(L, sum);
    return 1;
}

/* --- the optimizer's states ----------------------------------------------- */

/* optimizer(trainer) -> name, steps */
static int l_trainer_optimizer(lua_State *L)
{
    uint64_t steps;
    pg_optimizer_kind kind = pg_trainer_optimizer(&steps, check_trainer(L, 1));
    lua_pushstring(L, pg_optimizer_names[kind]);
    lua_pushinteger(L, (lua_Integer)steps);
    return 2;
}

/* set_optimizer(trainer, optimizer, steps) -> true */
static int l_trainer_set_optimizer(lua_State *L)
{
    enum { SELF = 1, OPTIMIZER, STEPS };
    pg_error err;
    pg_optimizer_kind kind = l_optimizer_check(L, OPTIMIZER);
    uint64_t steps = (uint64_t)l_integer_check(L, STEPS);
    pg_status status =
        pg_trainer_set_optimizer(check_trainer(L, SELF), kind, steps, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushboolean(L, true);
    return 1;
}

/* read_state(trainer, state, arrays), operation 0, and write_state, 1 -> true;
   state counts from 1, arrays have the weights' names */
static int l_trainer_state(lua_State *L)
{
    enum { SELF = 1, STATE, ARRAYS };
    pg_error err;
    pg_network network;
    int state = (int)l_integer_check(L, STATE) - 1;
    lua_settop(L, ARRAYS);
    l_network arrays = l_network_gather(L, ARRAYS, "");
    l_network_at(L, &arrays, &network);
    pg_trainer *trainer = check_trainer(L, SELF);
    pg_status status =
        l_call_operation(L)
            ? pg_trainer_write_state(trainer, state, &network, &err)
            : pg_trainer_read_state(&network, trainer, state, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushboolean(L, true);
    return 1;
}

/* --- predictions ---------------------------------------------------------- */

/* The network of the weights and the activation, which begin the arguments of
   predict and evaluate. */
static void check_model(lua_State *L, const l_loss *loss, pg_network *network)
{
    enum { MODEL_WEIGHTS = 1, ACTIVATION };
    l_network weights = l_network_gather(L, MODEL_WEIGHTS, "");
    l_activations_check(L, ACTIVATION, weights.layers, weights.activation);
    weights.loss = loss->kind;
    l_network_at(L, &weights, network);
}

/* predict(weights, activation, x, scale [, loss]), operation 0 -> labels (n)
   int64, or for mse outputs (n, outputs), and predict_proba, 1 ->
   probabilities (n, classes) */
static int l_trainer_predict(lua_State *L)
{
    enum { X = 3, SCALE, LOSS, OUT };
    pg_error err;
    pg_network network;
    double scale = l_number_check(L, SCALE);
    lua_settop(L, LOSS);
    pg_array *out = l_array_push(L);
    l_loss loss = gather_loss(L, LOSS);
    check_model(L, &loss, &network);
    const pg_array *x = l_array_check(L, X);
    pg_status status =
        l_call_operation(L)
            ? pg_network_predict_proba(out, &network, x, scale, &err)
            : pg_network_predict(out, &network, x, scale, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_settop(L, OUT);
    l_collector_step(L);
    return 1;
}

/* evaluate(weights, activation, x, scale, targets [, with_confusion, loss])
   -> loss; accuracy and confusion or nil, or for targets that are no labels
   nil, nil and what is predicted */
static int l_trainer_evaluate(lua_State *L)
{
    enum { X = 3, SCALE, TARGETS, HAS_CONFUSION, LOSS, CONFUSION, PREDICTED };
    pg_error err;
    pg_network network;
    pg_evaluation evaluation;
    double scale = l_number_check(L, SCALE);
    lua_settop(L, LOSS);
    pg_array *confusion = NULL;
    if (lua_toboolean(L, HAS_CONFUSION))
        confusion = l_array_push(L);
    else
        lua_pushnil(L);
    pg_array *predicted = l_array_push(L);
    l_loss loss = gather_loss(L, LOSS);
    check_model(L, &loss, &network);
    const pg_array *x = l_array_check(L, X), *y = l_array_check(L, TARGETS);
    pg_loss_options options = loss_options_at(L, &loss);
    pg_status status =
        pg_network_evaluate(&evaluation, confusion, predicted, &network, x,
                            scale, y, &options, &err);
    if (status != PG_OK)
        return l_failure(L, status, &err);
    lua_pushnumber(L, evaluation.loss);
    if (evaluation.has_labels) {
        lua_pushnumber(L, evaluation.accuracy);
        lua_pushvalue(L, CONFUSION);
        lua_pushnil(L);
    } else {
        lua_pushnil(L);
        lua_pushnil(L);
        lua_pushvalue(L, PREDICTED);
    }
    l_collector_step(L);
    return 4;
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
    {"targets", l_trainer_targets, 0, 4, 0},
    {"new", l_trainer_new, 0, 7, 0},
    {"step", l_trainer_step, 0, 9, 0},
    {"share", l_trainer_share, 0, 3, 0},
    {"rows_of_rank", l_trainer_rows_of_rank, 0, 3, 0},
    {"shards_of_rank", l_trainer_shards_of_rank, 0, 4, 0},
    {"label_counts", l_trainer_label_counts, 0, 2, 0},
    {"density", l_trainer_density, 0, 1, 0},
    {"plan", l_trainer_plan, 0, 1, 0},
    {"checksum", l_trainer_checksum, 0, 1, 0},
    {"checksum_v1", l_trainer_checksum, 0, 1, 1},
    {"optimizer", l_trainer_optimizer, 0, 1, 0},
    {"set_optimizer", l_trainer_set_optimizer, 0, 3, 0},
    {"evaluate", l_trainer_evaluate, 0, 7, 0},
    {"predict", l_trainer_predict, 0, 5, 0},
    {"predict_proba", l_trainer_predict, 0, 5, 1},
    {"read_state", l_trainer_state, 0, 3, 0},
    {"write_state", l_trainer_state, 0, 3, 1},
    {NULL, NULL, 0, 0, 0},
};

static const luaL_Reg metamethods[] = {
    {"__gc", l_trainer_free},
    {"__close", l_trainer_free},
    {NULL, NULL},
};

/* Sets a field of the table on top to a list of names, which end with NULL. */
static void add_names(lua_State *L, const char *field, const char *const *names)
{
    lua_newtable(L);
    for (int i = 0; names[i]; i++) {
        lua_pushstring(L, names[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, field);
}

void l_open_trainer(lua_State *L)
{
    luaL_newmetatable(L, L_TRAINER);
    luaL_setfuncs(L, metamethods, 0);
    lua_pop(L, 1);
    lua_newtable(L);
    l_add_functions(L, functions, NULL);
    add_names(L, "activations", pg_activation_names);
    add_names(L, "losses", pg_loss_names);
    add_names(L, "optimizers", pg_optimizer_names);
    lua_newtable(L); /* the number of states of each optimizer, by name */
    for (int i = 0; i < PG_OPTIMIZERS; i++) {
        lua_pushinteger(L, pg_optimizer_states((pg_optimizer_kind)i));
        lua_setfield(L, -2, pg_optimizer_names[i]);
    }
    lua_setfield(L, -2, "states");
    lua_pushinteger(L, PG_MAX_LAYERS - 1);
    lua_setfield(L, -2, "most_hidden");
    lua_pushnumber(L, PG_MOST_DENSITY);
    lua_setfield(L, -2, "most_density");
    lua_setfield(L, -2, "trainer");
}
