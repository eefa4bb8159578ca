/* Random numbers from the module's generator, or from one of the user's. */
#include "bind/ops/random.h"

#include <math.h>

#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/ops/draw.h"
#include "core/ops/select.h"

/* Its address is the key of the module's generator in the registry. */
static const char module_generator_key;

pg_random *l_random_opt(lua_State *L, int arg)
{
    if (!lua_isnoneornil(L, arg))
        return l_userdata_check(L, arg, L_RANDOM);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &module_generator_key);
    pg_random *g = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return g;
}

/* The generator of a function that is also a method: self, or the module's.
 *Sets first to the position of the first argument behind self. */
static pg_random *generator(lua_State *L, int *first)
{
    bool is_method = l_call_class(L) != NULL;
    *first = is_method ? 2 : 1;
    return is_method ? lua_touserdata(L, 1)
                     : l_random_opt(L, lua_gettop(L) + 1);
}

static uint32_t check_seed(lua_State *L, int arg)
{
    lua_Integer seed = l_integer_check(L, arg);
    if (seed < 0 || seed > UINT32_MAX)
        l_error(L, "a seed is an integer from 0 to %I, not %I",
                (lua_Integer)UINT32_MAX, seed);
    return (uint32_t)seed;
}

/* Pushes a new generator, without numbers yet. */
static pg_random *push_generator(lua_State *L)
{
    pg_random *g = lua_newuserdatauv(L, sizeof *g, 0);
    luaL_setmetatable(L, L_RANDOM);
    return g;
}

static void seed_from_system(lua_State *L, pg_random *g)
{
    pg_error err;
    l_check(L, pg_random_seed_from_system(g, &err), &err);
}

/* random([seed]) */
static int l_random_new(lua_State *L)
{
    bool given = !lua_isnoneornil(L, 1);
    uint32_t seed = given ? check_seed(L, 1) : 0;
    pg_random *g = push_generator(L);
    if (given)
        pg_random_seed(g, seed);
    else
        seed_from_system(L, g);
    return 1;
}

/* seed([seed]); without one, it comes from the system */
static int l_random_seed(lua_State *L)
{
    int seed;
    pg_random *g = generator(L, &seed);
    if (lua_isnoneornil(L, seed))
        seed_from_system(L, g);
    else
        pg_random_seed(g, check_seed(L, seed));
    return 0;
}

/* --- numbers -------------------------------------------------------------- */

typedef void (*draw)(pg_random *g, double *out, size_t n);

/* True if there is a shape from arg on. Raises for nil, which may be an
   undefined variable: it does not ask for a single number. */
static bool has_shape(lua_State *L, int arg)
{
    l_argument_expect(L, !lua_isnil(L, arg), arg, "length or table");
    return !lua_isnone(L, arg);
}

/* Ends a function: draws by f, times `scale`, plus `offset`. Pushes an array of
   the shape from arg on, or a number without one. */
static int draw_shape(lua_State *L, pg_random *g, int arg, draw f,
                      double offset, double scale)
{
    pg_error err;
    size_t shape[PG_MAXDIM];
    double one;
    if (!has_shape(L, arg)) {
        f(g, &one, 1);
        lua_pushnumber(L, offset + scale * one);
        return 1;
    }
    int ndim = l_last_shape_check(L, arg, shape, false);
    pg_array *a = l_array_push_result(L, l_shape_room(ndim, shape));
    l_array_offer_memory(a);
    return l_array_return(L, pg_draw(a, ndim, shape, f, offset, scale, g, &err),
                          &err);
}

/* rand([shape]) */
static int l_random_rand(lua_State *L)
{
    int shape;
    pg_random *g = generator(L, &shape);
    return draw_shape(L, g, shape, pg_random_uniform, 0, 1);
}

/* randn([shape]) */
static int l_random_randn(lua_State *L)
{
    int shape;
    pg_random *g = generator(L, &shape);
    return draw_shape(L, g, shape, pg_random_normal, 0, 1);
}

static double check_finite(lua_State *L, int arg, double otherwise)
{
    double value = l_number_opt(L, arg, otherwise);
    l_argument_check(L, value - value == 0, arg, "a finite number is needed");
    return value;
}

/* uniform([low, high [, shape]]) */
static int l_random_between(lua_State *L)
{
    enum { LOW, HIGH, SHAPE };
    pg_error err;
    int first;
    pg_random *g = generator(L, &first);
    double low = check_finite(L, first + LOW, 0);
    double high = check_finite(L, first + HIGH, 1);
    if (!isfinite(high - low))
        l_check(L,
                pg_fail(&err, PG_EARG,
                        "uniform: %g and %g are further apart than any float64",
                        low, high),
                &err);
    return draw_shape(L, g, first + SHAPE, pg_random_uniform, low, high - low);
}

/* normal([mean, std [, shape]]) */
static int l_random_normal(lua_State *L)
{
    enum { MEAN, STD, SHAPE };
    int first;
    pg_random *g = generator(L, &first);
    double mean = check_finite(L, first + MEAN, 0);
    double std = check_finite(L, first + STD, 1);
    l_argument_check(L, std >= 0, first + STD,
                     "a deviation cannot be negative");
    return draw_shape(L, g, first + SHAPE, pg_random_normal, mean, std);
}

/* randint(low, high [, shape]): from low to high - 1, as in NumPy */
static int l_random_integers(lua_State *L)
{
    enum { LOW, HIGH, SHAPE };
    pg_error err;
    int first;
    int64_t one;
    size_t shape[PG_MAXDIM];
    pg_random *g = generator(L, &first);
    lua_Integer low = l_integer_check(L, first + LOW);
    lua_Integer high = l_integer_check(L, first + HIGH);
    if (low >= high)
        l_error(L, "randint: there is no integer from %I to below %I", low,
                high);
    if (!has_shape(L, first + SHAPE)) {
        pg_random_integers(g, &one, 1, low, high - 1);
        lua_pushinteger(L, one);
        return 1;
    }
    int ndim = l_last_shape_check(L, first + SHAPE, shape, false);
    pg_array *a = l_array_push_result(L, l_shape_room(ndim, shape));
    l_array_offer_memory(a);
    return l_array_return(
        L, pg_draw_integers(a, ndim, shape, low, high - 1, g, &err), &err);
}

/* --- order and choice ----------------------------------------------------- */

/* shuffle(a) -> a, changed in place */
static int l_random_shuffle(lua_State *L)
{
    pg_error err;
    int a;
    pg_random *g = generator(L, &a);
    l_check(L, pg_shuffle(l_array_check(L, a), g, &err), &err);
    lua_settop(L, a);
    return 1;
}

/* *population = the number at arg, or that of the rows of the array at arg.
   True for an array. */
static bool read_population(lua_State *L, int arg, size_t *population)
{
    if (lua_type(L, arg) == LUA_TNUMBER) {
        *population = l_length_check(L, arg);
        return false;
    }
    const pg_array *a = l_array_to(L, arg);
    l_argument_check(L, a->ndim > 0, arg, "rank 0 has no rows to choose from");
    *population = a->shape[0];
    return true;
}

/* choice(a [, shape [, replace [, p]]]): rows of the array a, or positions up
   to the number a */
static int l_random_choice(lua_State *L)
{
    pg_error err;
    int a_arg, behind_shape, ndim = 0;
    size_t shape[PG_MAXDIM];
    pg_choice choice = {.replace = true};
    pg_random *g = generator(L, &a_arg);
    int shape_arg = a_arg + 1, replace_arg = a_arg + 2, p_arg = a_arg + 3;
    l_argument_expect(L, lua_gettop(L) != shape_arg || !lua_isnil(L, shape_arg),
                      shape_arg, "length or table");
    lua_settop(L, p_arg);
    bool has_rows = read_population(L, a_arg, &choice.population);
    if (lua_type(L, shape_arg) == LUA_TNUMBER) {
        shape[0] = l_length_check(L, shape_arg);
        ndim = 1;
    } else if (!lua_isnil(L, shape_arg)) {
        l_type_check(L, shape_arg, LUA_TTABLE);
        ndim = l_shape_check(L, shape_arg, shape, &behind_shape, false);
    }
    choice.replace = l_boolean_opt(L, replace_arg, true);
    pg_array *rows = l_array_push(L);
    if (!lua_isnil(L, p_arg))
        choice.p = l_array_to(L, p_arg);
    const pg_array *a = has_rows ? l_array_check(L, a_arg) : NULL;
    pg_status status =
        a ? pg_choose_rows(rows, a, ndim, shape, &choice, g, &err)
          : pg_choose(rows, ndim, shape, &choice, g, &err);
    return l_array_return_scalar(L, status, &err);
}

/* permutation(n) */
static int l_random_permutation(lua_State *L)
{
    pg_error err;
    int n_arg;
    pg_random *g = generator(L, &n_arg);
    size_t n = l_length_check(L, n_arg);
    pg_array *a = l_array_push_result(L, l_shape_room(1, &n));
    l_array_offer_memory(a);
    return l_array_return(L, pg_draw_permutation(a, n, g, &err), &err);
}

/* --- state ---------------------------------------------------------------- */

/* get_state() -> uint32 (PG_RANDOM_STATE) */
static int l_random_get_state(lua_State *L)
{
    pg_error err;
    const size_t n = PG_RANDOM_STATE;
    int unused;
    const pg_random *g = generator(L, &unused);
    pg_array *state = l_array_push(L);
    l_check(L, pg_array_new(state, PG_UINT32, 1, &n, &err), &err);
    pg_random_save(state->data, g);
    return 1;
}

/* set_state(state) */
static int l_random_set_state(lua_State *L)
{
    int state_arg;
    pg_random *g = generator(L, &state_arg);
    const pg_array *state = l_array_check(L, state_arg);
    l_argument_check(
        L,
        state->dtype == PG_UINT32 && state->ndim == 1 &&
            state->shape[0] == PG_RANDOM_STATE &&
            pg_array_is_contiguous(state) && pg_random_restore(g, state->data),
        state_arg, "not a generator's state, as get_state gives it");
    return 0;
}

static const l_function functions[] = {
    {"seed", l_random_seed, 0, 1, 0},
    {"rand", l_random_rand, 0, L_ANY, 0},
    {"randn", l_random_randn, 0, L_ANY, 0},
    {"uniform", l_random_between, 0, L_ANY, 0},
    {"normal", l_random_normal, 0, L_ANY, 0},
    {"randint", l_random_integers, 0, L_ANY, 0},
    {"permutation", l_random_permutation, 0, 1, 0},
    {"shuffle", l_random_shuffle, 0, 1, 0},
    {"choice", l_random_choice, 0, 4, 0},
    {"get_state", l_random_get_state, 0, 0, 0},
    {"set_state", l_random_set_state, 0, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function constructors[] = {
    {"random", l_random_new, 0, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

/* --- the class ------------------------------------------------------------ */

static const l_class random_class = {L_RANDOM, "a generator", "g", 1, NULL};

static int l_random_newindex(lua_State *L)
{
    return l_error(L, "a generator has no field '%s' that could be set",
                   l_tolstring(L, 2));
}

static int l_random_index(lua_State *L)
{
    return l_push_method(L) ? 1 : l_no_field_error(L);
}

void l_open_random(lua_State *L)
{
    luaL_newmetatable(L, L_RANDOM);
    lua_pushcfunction(L, l_random_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_newtable(L);
    l_add_functions(L, functions, &random_class);
    lua_setfield(L, -2, "__methods");
    l_add_lookup(L, l_random_index);
    lua_pop(L, 1);
    seed_from_system(L, push_generator(L));
    lua_rawsetp(L, LUA_REGISTRYINDEX, &module_generator_key);
    l_add_functions(L, functions, NULL);
    l_add_functions(L, constructors, NULL);
}
