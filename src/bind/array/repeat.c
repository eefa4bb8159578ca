/* Repeated elements: repeat_interleave, tile and pad. */
#include "core/array/repeat.h"

#include <lauxlib.h>

#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/error.h"
#include "bind/base/open.h"
#include "bind/base/options.h"
#include "bind/base/scalar.h"

/* The room for a, at 1, repeated as often as the number at arg says. */
static size_t repeated_room(lua_State *L, int arg)
{
    const pg_array *a = l_array_peek(L, 1);
    lua_Integer times = lua_tointeger(L, arg);
    if (!a || !a->data || times < 1)
        return l_array_usual_room(L, 1);
    return l_shape_room(2, (size_t[]){pg_array_size(a), (size_t)times});
}

/* repeat_interleave(a, counts [, axis]); without an axis all elements */
static int l_array_repeat(lua_State *L)
{
    enum { A = 1, COUNTS, AXIS };
    pg_error err;
    const pg_array *a, *counts;
    lua_settop(L, AXIS);
    pg_array *out = l_array_push_result(L, repeated_room(L, COUNTS));
    l_arrays_to(L, &a, A, &counts, COUNTS);
    int axis = lua_isnil(L, AXIS) ? PG_EVERY_AXIS : l_axis_check(L, AXIS, a);
    l_array_offer_memory(out);
    return l_array_return(L, pg_array_repeat(out, a, counts, axis, &err), &err);
}

/* tile(a, repeats, ...) or tile(a, {repeats, ...}) */
static int l_array_tile(lua_State *L)
{
    enum { A = 1, REPEATS };
    pg_error err;
    size_t repeats[PG_MAXDIM];
    int count = l_last_shape_check(L, REPEATS, repeats, false);
    l_argument_check(L, count > 0 || lua_istable(L, REPEATS), REPEATS,
                     "the number of repeats is missing");
    pg_array *out = l_array_push_result(L, repeated_room(L, REPEATS));
    const pg_array *a = l_array_to(L, A);
    l_array_offer_memory(out);
    return l_array_return(L, pg_array_tile(out, a, count, repeats, &err), &err);
}

/* --- pad ------------------------------------------------------------------ */

enum { A = 1, WIDTHS, OPTIONS }; /* the arguments of pad */

static size_t check_width(lua_State *L)
{
    int is_integer;
    lua_Integer width = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || width < 0 || lua_type(L, -1) != LUA_TNUMBER)
        l_error(L, "pad: a width must be an integer, 0 or more, not %s",
                l_tolstring(L, -1));
    return (size_t)width;
}

/* Reads {before, after} from the table on top. */
static void read_pair(lua_State *L, size_t *before, size_t *after)
{
    if (!lua_istable(L, -1) || luaL_len(L, -1) != 2)
        l_error(L, "pad: widths are a number, {before, after}, or a table of "
                   "these for each axis");
    lua_geti(L, -1, 1);
    *before = check_width(L);
    lua_pop(L, 1);
    lua_geti(L, -1, 2);
    *after = check_width(L);
    lua_pop(L, 1);
}

/* Reads the widths: a number or {before, after} for all axes, or a table of
   {before, after} for each of them. */
static void read_widths(lua_State *L, int ndim, size_t *before, size_t *after)
{
    lua_pushvalue(L, WIDTHS);
    bool is_number = lua_type(L, -1) == LUA_TNUMBER;
    bool is_nested =
        !is_number && lua_istable(L, -1) && lua_geti(L, -1, 1) == LUA_TTABLE;
    lua_settop(L, OPTIONS);
    lua_pushvalue(L, WIDTHS);
    if (is_nested && luaL_len(L, -1) != ndim)
        l_error(L, "pad: widths of %d axes for an array of rank %d",
                (int)luaL_len(L, -1), ndim);
    if (!is_nested && is_number)
        before[0] = after[0] = check_width(L);
    else if (!is_nested)
        read_pair(L, &before[0], &after[0]);
    for (int i = 0; i < ndim; i++)
        if (is_nested) {
            lua_geti(L, -1, i + 1);
            read_pair(L, &before[i], &after[i]);
            lua_pop(L, 1);
        } else {
            before[i] = before[0];
            after[i] = after[0];
        }
    lua_pop(L, 1);
}

static pg_pad_mode read_mode(lua_State *L)
{
    static const char *const modes[] = {"constant", "edge", "reflect", NULL};
    l_option_push(L, OPTIONS, "mode");
    const char *mode = lua_isnil(L, -1) ? modes[0] : lua_tostring(L, -1);
    int index = mode ? l_find_name(modes, mode) : -1;
    if (index < 0)
        l_option_error(L, "mode", "\"constant\", \"edge\" or \"reflect\"");
    lua_pop(L, 1);
    return (pg_pad_mode)index;
}

static size_t padded_room(const pg_array *a, const size_t *before,
                          const size_t *after)
{
    size_t shape[PG_MAXDIM];
    for (int i = 0; i < a->ndim; i++)
        if (__builtin_add_overflow(a->shape[i], before[i], &shape[i]) ||
            __builtin_add_overflow(shape[i], after[i], &shape[i]))
            return 0;
    return l_shape_room(a->ndim, shape);
}

/* pad(a, widths [, {mode = "constant", value = 0}]) */
static int l_array_pad(lua_State *L)
{
    static const char *const names[] = {"mode", "value", NULL};
    pg_error err;
    pg_scalar value = {.kind = 'i'};
    size_t before[PG_MAXDIM] = {0}, after[PG_MAXDIM] = {0};
    lua_settop(L, OPTIONS);
    l_options_check(L, OPTIONS, names);
    pg_pad_mode mode = read_mode(L);
    l_option_push(L, OPTIONS, "value");
    if (!lua_isnil(L, -1) && !l_scalar_test(L, -1, &value))
        l_option_error(L, "value", "a number or boolean");
    if (!lua_isnil(L, -1) && mode != PG_PAD_CONSTANT)
        l_error(L, "pad: value is an option of mode \"constant\" alone");
    lua_pop(L, 1);
    read_widths(L, l_array_to(L, A)->ndim, before, after);
    pg_array *out =
        l_array_push_result(L, padded_room(l_array_check(L, A), before, after));
    const pg_array *a = l_array_check(L, A);
    l_array_offer_memory(out);
    return l_array_return(
        L, pg_array_pad(out, a, before, after, mode, value, &err), &err);
}

static const l_function functions[] = {
    {"repeat_interleave", l_array_repeat, 2, 3, 0},
    {"tile", l_array_tile, 1, L_ANY, 0},
    {"pad", l_array_pad, 2, 3, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_repeat(lua_State *L)
{
    l_array_add_functions(L, functions);
}
