/* Broadcasting and indexing, backward: for the rules of derivatives. */
#include "core/neural/backward.h"

#include "bind/array/index.h"
#include "bind/array/index_key.h"
#include "bind/array/nested_table.h"
#include "bind/array/shape.h"
#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "bind/base/scalar.h"

enum { A = 1, LIKE }; /* the arguments of sum_to and broadcast_to */

/* The form of the array or number at arg. */
static pg_form form_at(lua_State *L, int arg)
{
    if (l_is_scalar(L, arg))
        return (pg_form){.dtype = PG_FLOAT64};
    const pg_array *like = l_array_test(L, arg);
    l_argument_expect(L, like != NULL, arg, "array or number");
    return pg_form_of(like);
}

/* True if the value at A has the form of that at LIKE. */
static bool has_form(lua_State *L)
{
    const pg_array *a = l_array_peek(L, A), *like = l_array_peek(L, LIKE);
    if (a && like && a->data && like->data)
        return a->dtype == like->dtype && pg_array_same_shape(a, like);
    return l_is_scalar(L, A) && l_is_scalar(L, LIKE);
}

/* has_form(a, like) -> true if both are numbers, or of one shape and dtype */
static int l_has_form(lua_State *L)
{
    lua_pushboolean(L, has_form(L));
    return 1;
}

/* form(a) -> zeros in a's form, for whatever needs no more of an array than its
   shape and its dtype: they take no memory */
static int l_array_form(lua_State *L)
{
    pg_error err;
    pg_form form = pg_form_of(l_array_check(L, A));
    pg_array *out = l_array_push_result(L, l_shape_room(form.ndim, form.shape));
    return l_array_return(L, pg_form_array(out, &form, &err), &err);
}

/* sum_to(a, like), operation 0, and broadcast_to, 1: a itself if it has the
   form of like, which may be a number, as a may */
static int l_array_to_form(lua_State *L)
{
    pg_error err;
    lua_settop(L, LIKE);
    if (has_form(L)) {
        lua_settop(L, A);
        return 1;
    }
    bool is_number = l_is_scalar(L, LIKE);
    pg_form form = form_at(L, LIKE);
    pg_array *out = l_array_push_result(L, l_shape_room(form.ndim, form.shape));
    const pg_array *a = l_array_to(L, A);
    pg_status status = l_call_operation(L) == 0
                           ? pg_sum_to(out, a, &form, &err)
                           : pg_broadcast_to(out, a, &form, &err);
    return is_number ? l_array_return_scalar(L, status, &err)
                     : l_array_return(L, status, &err);
}

/* add_at(like, key, g) -> zeros, but g at [key] */
static int l_array_add_at(lua_State *L)
{
    enum { ARRAY = 1, KEY, G };
    pg_error err;
    pg_status status;
    l_indices indices = {0};
    lua_settop(L, G);
    pg_form form = pg_form_of(l_array_check(L, ARRAY));
    bool is_array = l_array_test(L, KEY) != NULL;
    if (!is_array)
        l_indices_check(L, KEY, &indices);
    pg_array *out = l_array_push_result(L, l_shape_room(form.ndim, form.shape));
    const pg_array *g = l_array_to(L, G);
    const pg_array *key = is_array ? l_array_check(L, KEY) : NULL;
    l_array_offer_memory(out);
    if (!key)
        status = pg_add_at(out, &form, indices.axis, indices.count, g, &err);
    else if (key->dtype == PG_BOOL)
        status = pg_add_at_mask(out, &form, key, g, &err);
    else
        status = pg_add_at_positions(out, &form, key, 0, g, &err);
    return l_array_return(L, status, &err);
}

/* add_at_axis(like, positions, axis, g) -> zeros, but g at the positions, which
   are as take has them */
static int l_array_add_at_axis(lua_State *L)
{
    enum { ARRAY = 1, POSITIONS, AXIS, G };
    pg_error err;
    lua_settop(L, G);
    l_positions_to(L, POSITIONS);
    pg_form form = pg_form_of(l_array_check(L, ARRAY));
    pg_array *out = l_array_push_result(L, l_shape_room(form.ndim, form.shape));
    const pg_array *g = l_array_to(L, G);
    const pg_array *positions = l_array_check(L, POSITIONS);
    int axis = l_taken_axis_check(L, AXIS, l_array_check(L, ARRAY));
    l_array_offer_memory(out);
    return l_array_return(
        L, pg_add_at_positions(out, &form, positions, axis, g, &err), &err);
}

static const l_function functions[] = {
    {"has_form", l_has_form, 2, 2, 0},
    {"form", l_array_form, 1, 1, 0},
    {"sum_to", l_array_to_form, 2, 2, 0},
    {"broadcast_to", l_array_to_form, 2, 2, 1},
    {"add_at", l_array_add_at, 3, 3, 0},
    {"add_at_axis", l_array_add_at_axis, 2, 4, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_backward(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
