/* The notebook's functions: forward, gradient, update and the loss. Networks,
   gradients and activations are plain tables of arrays. */
#include <math.h>

#include "bind/array/nested_table.h"
#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "bind/train/network_table.h"
#include "bind/train/result_table.h"
#include "core/train/notebook.h"

/* l_network_gather for weights, and their activations, which may run Lua. */
static l_network gather_weights(lua_State *L, int arg)
{
    l_network n = l_network_gather(L, arg, "");
    lua_getfield(L, arg, "activation");
    l_activations_check(L, lua_gettop(L), n.layers, n.activation);
    lua_pop(L, 1);
    return n;
}

/* forward(x, weights [, out]) -> {A1, A2, ...} */
static int l_network_forward(lua_State *L)
{
    enum { X = 1, WEIGHTS, OUT };
    pg_error err;
    pg_network network;
    pg_array *a[PG_MAX_LAYERS];
    lua_settop(L, OUT);
    l_array_to(L, X);
    l_network weights = gather_weights(L, WEIGHTS);
    l_results r = l_results_push(L, OUT, "", "A", weights.layers);
    for (int l = 0; l < weights.layers; l++)
        a[l] = l_results_at(L, &r, l);
    l_network_at(L, &weights, &network);
    const pg_array *x = l_array_check(L, X);
    return l_results_return(L, &r, pg_forward(a, &network, x, &err), &err);
}

/* gradient(x, y, activations, weights [, out]) -> {dW1, db1, ...} */
static int l_network_gradient(lua_State *L)
{
    enum { X = 1, Y, ACTIVATIONS, WEIGHTS, OUT };
    pg_error err;
    pg_network network, gradients;
    const pg_array *a[PG_MAX_LAYERS], *x, *y;
    lua_settop(L, OUT);
    l_arrays_to(L, &x, X, &y, Y);
    l_type_check(L, ACTIVATIONS, LUA_TTABLE);
    l_network weights = gather_weights(L, WEIGHTS);
    int first = lua_gettop(L) + 1;
    for (int l = 0; l < weights.layers; l++)
        l_network_push_array(L, ACTIVATIONS, "", 'A', l + 1, false);
    l_results r = l_results_push(L, OUT, "d", "Wb", weights.layers);
    l_results_network(L, &r, &gradients);
    l_network_at(L, &weights, &network);
    for (int l = 0; l < weights.layers; l++)
        a[l] = l_network_array_at(L, first + l);
    l_arrays_to(L, &x, X, &y, Y);
    return l_results_return(
        L, &r, pg_gradient(&gradients, x, y, a, &network, &err), &err);
}

/* update(weights, gradients, rate) -> weights, changed in place */
static int l_network_update(lua_State *L)
{
    enum { WEIGHTS = 1, GRADIENTS, RATE };
    pg_error err;
    pg_network network, gradients;
    double rate = l_number_check(L, RATE);
    l_argument_check(L, isfinite(rate), RATE, "a rate must be finite");
    lua_settop(L, RATE);
    l_network gathered = l_network_gather(L, WEIGHTS, "");
    l_network gathered_gradients = l_network_gather(L, GRADIENTS, "d");
    l_network_at(L, &gathered, &network);
    l_network_at(L, &gathered_gradients, &gradients);
    l_check(L, pg_update(&network, &gradients, rate, &err), &err);
    lua_settop(L, WEIGHTS);
    return 1;
}

/* cross_entropy(activations or the last of them, y) -> number */
static int l_network_cross_entropy(lua_State *L)
{
    enum { ACTIVATIONS = 1, Y };
    pg_error err;
    double loss;
    const pg_array *a, *y;
    lua_settop(L, Y);
    if (lua_istable(L, ACTIVATIONS)) {
        int layers = 0;
        while (l_network_push_array(L, ACTIVATIONS, "", 'A', layers + 1, true))
            layers++;
        if (layers > 0) /* else it is a nested table of numbers */
            lua_replace(L, ACTIVATIONS);
        lua_settop(L, Y);
    }
    l_arrays_to(L, &a, ACTIVATIONS, &y, Y);
    l_check(L, pg_cross_entropy(&loss, a, y, &err), &err);
    lua_pushnumber(L, loss);
    return 1;
}

/* accuracy(y_true, y_pred) -> number in 0..1 */
static int l_network_accuracy(lua_State *L)
{
    enum { Y_TRUE = 1, Y_PRED };
    pg_error err;
    double accuracy;
    const pg_array *y_true, *y_pred;
    l_arrays_to(L, &y_true, Y_TRUE, &y_pred, Y_PRED);
    l_check(L, pg_accuracy(&accuracy, y_true, y_pred, &err), &err);
    lua_pushnumber(L, accuracy);
    return 1;
}

static const l_function functions[] = {
    {"forward", l_network_forward, 1, 3, 0},
    {"gradient", l_network_gradient, 2, 5, 0},
    {"update", l_network_update, 0, 3, 0},
    {"cross_entropy", l_network_cross_entropy, 2, 2, 0},
    {"accuracy", l_network_accuracy, 2, 2, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_notebook(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
