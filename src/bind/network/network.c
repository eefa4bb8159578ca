/* The notebook's kernels. Networks, gradients and activations are plain tables
   of arrays: {W1, b1, W2, b2}, {dW1, ...}, {A1, A2}. */
#include "bind/network/network.h"

#include <string.h>

#include "bind/array/nested_table.h"
#include "bind/base/arguments.h"
#include "bind/base/collector.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "bind/ops/random.h"
#include "core/train/notebook.h"

/* --- tables of arrays ----------------------------------------------------- */

/* Pushes the array in the table at arg called prefix, letter, number. False,
   and nothing pushed, where there is none and it is optional. Raw: no
   metamethods of the table's. */
static bool gather_one(lua_State *L, int arg, const char *prefix, char letter,
                       int number, bool optional)
{
    luaL_checkstack(L, 8, "too many layers"); /* and for what comes behind */
    lua_pushfstring(L, "%s%c%d", prefix, (int)letter, number);
    lua_pushvalue(L, -1);
    int type = lua_rawget(L, arg);
    if (type == LUA_TNIL && optional) {
        lua_pop(L, 2);
        return false;
    }
    if (!luaL_testudata(L, -1, L_ARRAY))
        l_error(L, "%s must be an array, not %s", lua_tostring(L, -2),
                type == LUA_TNIL ? "absent" : luaL_typename(L, -1));
    lua_remove(L, -2);
    return true;
}

/* The array that gather_one pushed at index. */
static pg_array *gathered(lua_State *L, int index)
{
    pg_array *a = l_array_handle(L, index);
    if (!a->data)
        l_error(L, "an array was freed while it was in use");
    return a;
}

int l_network_gather(lua_State *L, int arg, const char *prefix)
{
    int layers = 0;
    l_type_check(L, arg, LUA_TTABLE);
    while (gather_one(L, arg, prefix, 'W', layers + 1, layers > 0)) {
        if (layers == PG_MAX_LAYERS)
            l_error(L, "a network has at most %d layers", PG_MAX_LAYERS);
        layers++;
        gather_one(L, arg, prefix, 'b', layers, false);
    }
    return layers;
}

void l_network_at(lua_State *L, int first, int layers,
                  const pg_activation *activation, pg_network *network)
{
    *network = (pg_network){.layers = layers};
    for (int l = 0; l < layers - 1 && activation; l++)
        network->activation[l] = activation[l];
    for (int l = 0; l < layers; l++) {
        network->W[l] = gathered(L, first + 2 * l);
        network->b[l] = gathered(L, first + 2 * l + 1);
    }
}

/* --- activations ---------------------------------------------------------- */

/* The one that is named at index. */
static pg_activation activation_at(lua_State *L, int index)
{
    const char *name = lua_tostring(L, index);
    luaL_Buffer names;
    for (int i = 0; name && i < PG_ACTIVATIONS; i++)
        if (strcmp(name, pg_activation_names[i]) == 0)
            return (pg_activation)i;
    l_tolstring(L, index);
    luaL_buffinit(L, &names);
    for (int i = 0; i < PG_ACTIVATIONS; i++) {
        luaL_addstring(&names, i ? ", '" : "'");
        luaL_addstring(&names, pg_activation_names[i]);
        luaL_addchar(&names, '\'');
    }
    luaL_pushresult(&names);
    l_error(L, "activation must be one of %s, not %s", lua_tostring(L, -1),
            lua_tostring(L, -2));
    return PG_ACTIVATIONS;
}

void l_activations_check(lua_State *L, int arg, int layers,
                         pg_activation *activation)
{
    if (lua_istable(L, arg) && lua_rawlen(L, arg) != (size_t)layers - 1)
        l_error(L, "there are %d activations for %d hidden layers",
                (int)lua_rawlen(L, arg), layers - 1);
    for (int l = 0; l < layers - 1; l++) {
        if (lua_isnoneornil(L, arg)) {
            activation[l] = (pg_activation)0;
        } else if (lua_istable(L, arg)) {
            lua_rawgeti(L, arg, l + 1);
            activation[l] = activation_at(L, -1);
            lua_pop(L, 1);
        } else {
            activation[l] = activation_at(L, arg);
        }
    }
}

/* Those that the weights at arg say, which may run Lua. */
static void weights_activations(lua_State *L, int arg, int layers,
                                pg_activation *activation)
{
    lua_getfield(L, arg, "activation");
    l_activations_check(L, lua_gettop(L), layers, activation);
    lua_pop(L, 1);
}

/* Has the table on top say its activations, as what no loop over its arrays
   sees. */
static void say_activations(lua_State *L, int layers,
                            const pg_activation *activation)
{
    lua_createtable(L, 0, 1);
    lua_createtable(L, 0, 1);
    lua_createtable(L, layers - 1, 0);
    for (int l = 0; l < layers - 1; l++) {
        lua_pushstring(L, pg_activation_names[activation[l]]);
        lua_rawseti(L, -2, l + 1);
    }
    lua_setfield(L, -2, "activation");
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

/* --- tables of results ------------------------------------------------------

   Each result stays on the stack until it is in its table: a finalizer may
   empty the table, and a weak one loses what nothing else holds. */

typedef struct results {
    const char *prefix, *letters; /* dW1, db1, dW2, ...: "d" and "Wb" */
    int layers;
    int table, first; /* stack indices */
    bool is_new[2 * PG_MAX_LAYERS];
} results;

static int count_results(const results *r)
{
    return r->layers * (int)strlen(r->letters);
}

static void push_result_name(lua_State *L, const results *r, int i)
{
    int letters = (int)strlen(r->letters);
    lua_pushfstring(L, "%s%c%d", r->prefix, (int)r->letters[i % letters],
                    i / letters + 1);
}

/* Pushes the table at arg, where results are to go, or a new one where that is
   nil, and behind it each array that is there, or an empty one. */
static void push_results(lua_State *L, results *r, int arg)
{
    int count = count_results(r);
    luaL_checkstack(L, count + 8, "too many layers");
    if (lua_isnil(L, arg)) {
        lua_createtable(L, 0, count);
    } else {
        l_type_check(L, arg, LUA_TTABLE);
        lua_pushvalue(L, arg);
    }
    r->table = lua_gettop(L);
    r->first = r->table + 1;
    for (int i = 0; i < count; i++) {
        push_result_name(L, r, i);
        lua_rawget(L, r->table);
        const pg_array *a = luaL_testudata(L, -1, L_ARRAY);
        r->is_new[i] = !a || !a->data;
        if (r->is_new[i]) {
            lua_pop(L, 1);
            l_array_push(L);
        }
    }
}

/* Result i. As with l_network_at, nothing that may run Lua comes between this
   and its use. */
static pg_array *result_at(lua_State *L, const results *r, int i)
{
    int index = r->first + i;
    return r->is_new[i] ? lua_touserdata(L, index) : gathered(L, index);
}

static void results_at(lua_State *L, const results *r, pg_network *network)
{
    *network = (pg_network){.layers = r->layers};
    for (int l = 0; l < r->layers; l++) {
        network->W[l] = result_at(L, r, 2 * l);
        network->b[l] = result_at(L, r, 2 * l + 1);
    }
}

/* Ends a function: raises, or puts the results into their table and returns
   it. */
static int return_results(lua_State *L, const results *r, pg_status status,
                          const pg_error *err)
{
    l_check(L, status, err);
    for (int i = 0; i < count_results(r); i++) {
        push_result_name(L, r, i);
        lua_pushvalue(L, r->first + i);
        lua_rawset(L, r->table);
    }
    l_collector_step(L);
    lua_pushvalue(L, r->table);
    return 1;
}

/* --- initialization ------------------------------------------------------- */

/* The number of units on top of the stack, which is popped. */
static size_t check_units(lua_State *L, const char *what)
{
    int is_integer;
    lua_Integer units = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || units < 1)
        l_error(L, "%s must be an integer, 1 or more, not %s", what,
                l_tolstring(L, -1));
    lua_pop(L, 1);
    return (size_t)units;
}

/* Hidden widths from the number or list at arg; returns how many. */
static int check_hidden(lua_State *L, int arg, size_t *widths)
{
    l_argument_expect(L, !l_call_is_missing(L, arg), arg, "hidden units");
    if (!lua_istable(L, arg)) {
        lua_pushvalue(L, arg);
        widths[0] = check_units(L, "hidden");
        return 1;
    }
    lua_Unsigned count = lua_rawlen(L, arg);
    if (count < 1 || count > PG_MAX_LAYERS - 1)
        l_error(L, "hidden must be a number of units, or a list of 1 to %d",
                PG_MAX_LAYERS - 1);
    for (lua_Unsigned i = 0; i < count; i++) {
        lua_rawgeti(L, arg, (lua_Integer)i + 1);
        widths[i] = check_units(L, "hidden");
    }
    return (int)count;
}

static void check_option_names(lua_State *L, int arg)
{
    if (lua_isnoneornil(L, arg))
        return;
    l_type_check(L, arg, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (strcmp(name, "activation") != 0 && strcmp(name, "classes") != 0 &&
            strcmp(name, "dtype") != 0 && strcmp(name, "random") != 0)
            l_error(L,
                    "initialization: unknown option '%s'; there are "
                    "activation, classes, dtype, random",
                    name);
    }
}

/* Pushes the option at arg, or nil; returns its index. */
static int push_option(lua_State *L, int arg, const char *name)
{
    if (lua_isnoneornil(L, arg))
        lua_pushnil(L);
    else
        lua_getfield(L, arg, name);
    return lua_gettop(L);
}

static size_t classes_option(lua_State *L, int arg)
{
    if (lua_isnil(L, push_option(L, arg, "classes"))) {
        lua_pop(L, 1);
        return 10;
    }
    return check_units(L, "classes");
}

static pg_dtype dtype_option(lua_State *L, int arg, pg_dtype of_x)
{
    pg_dtype otherwise = pg_dtype_is_float(of_x) ? of_x : PG_FLOAT64;
    int option = push_option(L, arg, "dtype");
    if (!lua_isnil(L, option) && lua_type(L, option) != LUA_TSTRING)
        l_error(L, "dtype must be the name of a dtype, not %s",
                luaL_tolstring(L, option, NULL));
    pg_dtype dtype = l_dtype_opt(L, option, otherwise);
    if (!pg_dtype_is_float(dtype))
        l_error(L, "a network is float32 or float64, not %s",
                pg_dtype_name(dtype));
    return dtype;
}

static pg_random *random_option(lua_State *L, int arg)
{
    int option = push_option(L, arg, "random");
    if (!lua_isnil(L, option) && !luaL_testudata(L, option, L_RANDOM))
        l_error(L,
                "random must be a generator, as random(0) makes one, "
                "not %s",
                luaL_tolstring(L, option, NULL));
    return l_random_opt(L, option);
}

/* initialization(x, hidden [, {activation =, classes = 10, dtype =, random =}])
 */
static int l_network_initialization(lua_State *L)
{
    pg_error err;
    pg_network network;
    results r = {.prefix = "", .letters = "Wb"};
    size_t widths[PG_MAX_LAYERS + 1];
    pg_activation activation[PG_MAX_LAYERS];
    char text[PG_SHAPE_TEXT];
    lua_settop(L, 3);
    check_option_names(L, 3);
    const pg_array *x = l_array_to(L, 1);
    pg_dtype of_x = x->dtype;
    if (x->ndim != 2)
        l_error(L, "x must be (rows, inputs), not of shape %s",
                pg_shape_text(text, x));
    widths[0] = x->shape[1];
    r.layers = 1 + check_hidden(L, 2, widths + 1);
    widths[r.layers] = classes_option(L, 3);
    pg_dtype dtype = dtype_option(L, 3, of_x);
    pg_random *random = random_option(L, 3);
    int named = push_option(L, 3, "activation");
    l_activations_check(L, named, r.layers, activation);
    lua_createtable(L, 0, 2 * r.layers);
    if (!lua_isnil(L, named))
        say_activations(L, r.layers, activation);
    push_results(L, &r, lua_gettop(L));
    results_at(L, &r, &network);
    return return_results(
        L, &r, pg_network_initialize(&network, dtype, widths, random, &err),
        &err);
}

/* --- forward, gradient, update -------------------------------------------- */
/* First all that may run Lua, then the arrays' addresses: see l_network_at. */

/* forward(x, weights [, out]) -> {A1, A2, ...} */
static int l_network_forward(lua_State *L)
{
    pg_error err;
    pg_network network;
    pg_array *a[PG_MAX_LAYERS];
    pg_activation activation[PG_MAX_LAYERS];
    lua_settop(L, 3);
    l_array_to(L, 1);
    int layers = l_network_gather(L, 2, "");
    weights_activations(L, 2, layers, activation);
    results r = {.prefix = "", .letters = "A", .layers = layers};
    push_results(L, &r, 3);
    for (int l = 0; l < layers; l++)
        a[l] = result_at(L, &r, l);
    l_network_at(L, 4, layers, activation, &network);
    const pg_array *x = l_array_check(L, 1);
    return return_results(L, &r, pg_forward(a, &network, x, &err), &err);
}

/* gradient(x, y, activations, weights [, out]) -> {dW1, db1, ...} */
static int l_network_gradient(lua_State *L)
{
    pg_error err;
    pg_network network, gradients;
    const pg_array *a[PG_MAX_LAYERS], *x, *y;
    pg_activation activation[PG_MAX_LAYERS];
    lua_settop(L, 5);
    l_arrays_to(L, &x, 1, &y, 2);
    l_type_check(L, 3, LUA_TTABLE);
    int layers = l_network_gather(L, 4, "");
    weights_activations(L, 4, layers, activation);
    for (int l = 0; l < layers; l++)
        gather_one(L, 3, "", 'A', l + 1, false);
    results r = {.prefix = "d", .letters = "Wb", .layers = layers};
    push_results(L, &r, 5);
    results_at(L, &r, &gradients);
    l_network_at(L, 6, layers, activation, &network);
    for (int l = 0; l < layers; l++)
        a[l] = gathered(L, 6 + 2 * layers + l);
    l_arrays_to(L, &x, 1, &y, 2);
    return return_results(
        L, &r, pg_gradient(&gradients, x, y, a, &network, &err), &err);
}

/* update(weights, gradients, rate) -> weights, changed in place */
static int l_network_update(lua_State *L)
{
    pg_error err;
    pg_network network, gradients;
    double rate = l_number_check(L, 3);
    l_argument_check(L, rate - rate == 0, 3, "a rate must be finite");
    lua_settop(L, 3);
    int layers = l_network_gather(L, 1, "");
    int others = l_network_gather(L, 2, "d");
    l_network_at(L, 4, layers, NULL, &network);
    l_network_at(L, 4 + 2 * layers, others, NULL, &gradients);
    l_check(L, pg_update(&network, &gradients, rate, &err), &err);
    lua_settop(L, 1);
    return 1;
}

/* --- loss ----------------------------------------------------------------- */

/* Replaces a table of activations at arg by the last of them. */
static void take_last_activation(lua_State *L, int arg)
{
    int l = 1;
    if (!lua_istable(L, arg))
        return;
    int top = lua_gettop(L);
    while (gather_one(L, arg, "", 'A', l, true))
        l++;
    if (l > 1)
        lua_replace(L, arg);
    lua_settop(L, top);
}

/* cross_entropy(activations or the last of them, y) -> number */
static int l_network_cross_entropy(lua_State *L)
{
    pg_error err;
    double loss;
    const pg_array *a, *y;
    lua_settop(L, 2);
    take_last_activation(L, 1);
    l_arrays_to(L, &a, 1, &y, 2);
    l_check(L, pg_cross_entropy(&loss, a, y, &err), &err);
    lua_pushnumber(L, loss);
    return 1;
}

/* accuracy(y_true, y_pred) -> number in 0..1 */
static int l_network_accuracy(lua_State *L)
{
    pg_error err;
    double accuracy;
    const pg_array *a, *b;
    l_arrays_to(L, &a, 1, &b, 2);
    l_check(L, pg_accuracy(&accuracy, a, b, &err), &err);
    lua_pushnumber(L, accuracy);
    return 1;
}

static const l_function functions[] = {
    {"initialization", l_network_initialization, 1, 3, 0},
    {"forward", l_network_forward, 1, 3, 0},
    {"gradient", l_network_gradient, 2, 5, 0},
    {"update", l_network_update, 0, 3, 0},
    {"cross_entropy", l_network_cross_entropy, 2, 2, 0},
    {"accuracy", l_network_accuracy, 2, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_network(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
