/* The weights of a new network. */
#include <string.h>

#include "bind/array/nested_table.h"
#include "bind/base/arguments.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/ops/random.h"
#include "bind/train/network_table.h"
#include "bind/train/result_table.h"

/* The stack: arguments, the values of options, and the new network. */
enum { X = 1, HIDDEN, OPTIONS, ACTIVATION, CLASSES, DTYPE, RANDOM, WEIGHTS };
static const char *const option_names[] = {"activation", "classes", "dtype",
                                           "random", NULL};

/* Pushes the values of the options, nil for absent ones. Raises for an unknown
   option. */
static void push_options(lua_State *L)
{
    bool is_given = !lua_isnil(L, OPTIONS);
    if (is_given)
        l_type_check(L, OPTIONS, LUA_TTABLE);
    l_call_leave_traced(L, OPTIONS);
    for (lua_pushnil(L); is_given && lua_next(L, OPTIONS); lua_pop(L, 1)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        int i = 0;
        while (option_names[i] && strcmp(name, option_names[i]) != 0)
            i++;
        if (!option_names[i])
            l_error(L,
                    "initialization: unknown option '%s'; there are "
                    "activation, classes, dtype, random",
                    name);
    }
    lua_settop(L, OPTIONS);
    for (int i = 0; option_names[i]; i++) {
        if (is_given)
            lua_getfield(L, OPTIONS, option_names[i]);
        else
            lua_pushnil(L);
    }
}

static size_t check_units(lua_State *L, int index, const char *name)
{
    int is_integer;
    lua_Integer units = lua_tointegerx(L, index, &is_integer);
    if (!is_integer || units < 1)
        l_error(L, "%s must be an integer, 1 or more, not %s", name,
                l_tolstring(L, index));
    return (size_t)units;
}

/* Reads the widths of the hidden layers, from a number or a list. Returns the
   number of hidden layers. */
static int check_hidden(lua_State *L, size_t *widths)
{
    l_argument_expect(L, !l_call_is_missing(L, HIDDEN), HIDDEN, "hidden units");
    if (!lua_istable(L, HIDDEN)) {
        widths[0] = check_units(L, HIDDEN, "hidden");
        return 1;
    }
    lua_Unsigned count = lua_rawlen(L, HIDDEN);
    if (count < 1 || count > PG_MAX_LAYERS - 1)
        l_error(L, "hidden must be a number of units, or a list of 1 to %d",
                PG_MAX_LAYERS - 1);
    for (lua_Unsigned i = 0; i < count; i++) {
        lua_rawgeti(L, HIDDEN, (lua_Integer)i + 1);
        widths[i] = check_units(L, -1, "hidden");
        lua_pop(L, 1);
    }
    return (int)count;
}

/* The network's dtype: the option, else that of x if it is a floating type,
   else float64. */
static pg_dtype check_dtype(lua_State *L, pg_dtype of_x)
{
    if (!lua_isnil(L, DTYPE) && lua_type(L, DTYPE) != LUA_TSTRING)
        l_error(L, "dtype must be the name of a dtype, not %s",
                luaL_tolstring(L, DTYPE, NULL));
    pg_dtype dtype =
        l_dtype_opt(L, DTYPE, pg_dtype_is_float(of_x) ? of_x : PG_FLOAT64);
    if (!pg_dtype_is_float(dtype))
        l_error(L, "a network is float32 or float64, not %s",
                pg_dtype_name(dtype));
    return dtype;
}

/* Adds the field activation to the network on top by a metatable: a loop over
   the table sees only arrays. */
static void set_activations(lua_State *L, int layers,
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

/* initialization(x, hidden [, options]) -> {W1, b1, W2, ...} */
static int l_network_initialization(lua_State *L)
{
    pg_error err;
    pg_network network;
    size_t widths[PG_MAX_LAYERS + 1];
    pg_activation activation[PG_MAX_LAYERS];
    char text[PG_SHAPE_TEXT];
    lua_settop(L, OPTIONS);
    push_options(L);
    const pg_array *x = l_array_to(L, X);
    pg_dtype of_x = x->dtype;
    if (x->ndim != 2)
        l_error(L, "x must be (rows, inputs), not of shape %s",
                pg_shape_text(text, x));
    widths[0] = x->shape[1];
    int layers = 1 + check_hidden(L, widths + 1);
    widths[layers] =
        lua_isnil(L, CLASSES) ? 10 : check_units(L, CLASSES, "classes");
    pg_dtype dtype = check_dtype(L, of_x);
    if (!lua_isnil(L, RANDOM) && !luaL_testudata(L, RANDOM, L_RANDOM))
        l_error(L, "random must be a generator, as random(0) makes one, not %s",
                luaL_tolstring(L, RANDOM, NULL));
    pg_random *random = l_random_opt(L, RANDOM);
    l_activations_check(L, ACTIVATION, layers, activation);
    lua_createtable(L, 0, 2 * layers);
    if (!lua_isnil(L, ACTIVATION))
        set_activations(L, layers, activation);
    l_results r = l_results_push(L, WEIGHTS, "", "Wb", layers);
    l_results_network(L, &r, &network);
    return l_results_return(
        L, &r, pg_network_initialize(&network, dtype, widths, random, &err),
        &err);
}

static const l_function functions[] = {
    {"initialization", l_network_initialization, 1, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_initialization(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
