/* Random numbers: the module's generator, and generators of one's own. */
#include "random.h"

#define L_RANDOM "perigee.random"

static const char
    global_key; /* its address: the module's own, in the registry */

pg_random *l_random_opt(lua_State *L, int arg)
{
    if (!lua_isnoneornil(L, arg))
        return luaL_checkudata(L, arg, L_RANDOM);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &global_key);
    pg_random *g = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return g;
}

/* Methods take the generator first, the module's functions take its own: the
   upvalue says how many arguments that is. */
static pg_random *generator(lua_State *L, int *next)
{
    *next = 1 + l_operation_of(L);
    return *next == 2 ? luaL_checkudata(L, 1, L_RANDOM)
                      : l_random_opt(L, lua_gettop(L) + 1);
}

static uint32_t check_seed(lua_State *L, int arg)
{
    lua_Integer seed = luaL_checkinteger(L, arg);
    if (seed < 0 || seed > UINT32_MAX)
        luaL_error(L, "a seed is an integer from 0 to %I, not %I",
                   (lua_Integer)UINT32_MAX, seed);
    return (uint32_t)seed;
}

/* A new generator, pushed. */
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

static int l_random_seed(lua_State *L)
{
    int next;
    pg_random *g = generator(L, &next);
    if (lua_isnoneornil(L, next))
        seed_from_system(L, g);
    else
        pg_random_seed(g, check_seed(L, next));
    return 0;
}

typedef void (*draw)(pg_random *g, double *out, size_t n);

/* Without a shape, one number. */
static int draw_shape(lua_State *L, draw f)
{
    pg_error err;
    size_t shape[PG_MAXDIM];
    int next;
    double one;
    pg_random *g = generator(L, &next);
    if (lua_isnoneornil(L, next)) {
        f(g, &one, 1);
        lua_pushnumber(L, one);
        return 1;
    }
    int ndim = l_shape_check(L, next, shape, &next, false);
    luaL_argcheck(L, lua_isnoneornil(L, next), next, "lengths expected");
    pg_array *a = l_array_push(L);
    l_check(L, pg_array_new(a, PG_FLOAT64, ndim, shape, &err), &err);
    f(g, a->data, pg_array_size(a));
    l_collect(L);
    return 1;
}

static int l_random_rand(lua_State *L)
{
    return draw_shape(L, pg_random_uniform);
}

static int l_random_randn(lua_State *L)
{
    return draw_shape(L, pg_random_normal);
}

static int l_random_permutation(lua_State *L)
{
    pg_error err;
    int next;
    pg_random *g = generator(L, &next);
    size_t n = l_length_check(L, next);
    pg_array *a = l_array_push(L);
    l_check(L, pg_array_new(a, PG_INT64, 1, &n, &err), &err);
    pg_random_permutation(g, a->data, n);
    l_collect(L);
    return 1;
}

static const luaL_Reg draws[] = {
    {"seed", l_random_seed},
    {"rand", l_random_rand},
    {"randn", l_random_randn},
    {"permutation", l_random_permutation},
    {NULL, NULL},
};

/* Adds the draws to the table on top, with `skipped` arguments before theirs.
 */
static void add_draws(lua_State *L, int skipped)
{
    lua_pushinteger(L, skipped);
    luaL_setfuncs(L, draws, 1);
}

void l_open_random(lua_State *L)
{
    luaL_newmetatable(L, L_RANDOM);
    lua_newtable(L);
    add_draws(L, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    seed_from_system(L, push_generator(L));
    lua_rawsetp(L, LUA_REGISTRYINDEX, &global_key);
    add_draws(L, 0);
    lua_pushcfunction(L, l_random_new);
    lua_setfield(L, -2, "random");
}
