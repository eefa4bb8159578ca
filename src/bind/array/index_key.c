/* The key of a[key] as the core's indices. */
#include "bind/array/index_key.h"

#include <lauxlib.h>
#include <string.h>

#include "bind/array/array.h"
#include "bind/base/error.h"
#include "bind/base/status.h"
#include "bind/base/traced.h"

pg_index l_index_position(int64_t position)
{
    pg_index index = PG_INDEX_ALL;
    index.kind = PG_INDEX_POSITION;
    index.first = position;
    return index;
}

bool l_indices_are_positions(const l_indices *indices)
{
    for (int i = 0; i < indices->count; i++)
        if (indices->axis[i].kind != PG_INDEX_POSITION)
            return false;
    return true;
}

static int64_t check_position(lua_State *L, int arg, const char *what)
{
    int is_integer;
    if (l_is_traced(L, arg))
        l_error(L,
                "%s must be an integer, not a traced value: pg.detach gives "
                "the number behind it",
                what);
    if (l_array_peek(L, arg))
        l_error(L,
                "%s must be an integer, not an array: x[mask] takes single "
                "elements by a mask as x:ne(0), x:take(list, axis) the "
                "parts of an axis",
                what);
    lua_Integer position = lua_tointegerx(L, arg, &is_integer);
    if (!is_integer || lua_type(L, arg) != LUA_TNUMBER)
        l_error(L, "%s must be an integer, not %s", what, l_tolstring(L, arg));
    return position;
}

static void read_text(lua_State *L, int arg, l_indices *indices)
{
    pg_error err;
    size_t n;
    const char *text = lua_tolstring(L, arg, &n);
    if (strlen(text) != n)
        l_error(L, "cannot read the index \"%s\": a zero byte follows", text);
    l_check(L, pg_index_parse(indices->axis, &indices->count, text, &err),
            &err);
}

/* *part = element i of the table on top; false if there is none. */
static bool read_slice_part(lua_State *L, int i, int64_t *part)
{
    bool is_given = lua_geti(L, -1, i) != LUA_TNIL;
    if (is_given)
        *part = check_position(L, -1, "a slice's part");
    lua_pop(L, 1);
    return is_given;
}

/* The index of one axis from the value on top: a position, a slice {},
   {first, last} or {first, last, step}, or text. */
static pg_index read_axis(lua_State *L)
{
    l_indices parsed;
    pg_index index = PG_INDEX_ALL;
    if (lua_type(L, -1) == LUA_TSTRING) {
        read_text(L, -1, &parsed);
        if (parsed.count != 1)
            l_error(L, "an axis takes one index, not \"%s\"",
                    lua_tostring(L, -1));
        return parsed.axis[0];
    }
    if (!lua_istable(L, -1) || l_is_traced(L, -1))
        return l_index_position(check_position(L, -1, "a position"));
    if (luaL_len(L, -1) == 1 || luaL_len(L, -1) > 3)
        l_error(L, "a slice is {}, {first, last} or {first, last, step}");
    index.has_first = read_slice_part(L, 1, &index.first);
    index.has_last = read_slice_part(L, 2, &index.last);
    read_slice_part(L, 3, &index.step);
    return index;
}

void l_indices_check(lua_State *L, int arg, l_indices *indices)
{
    switch (lua_type(L, arg)) {
    case LUA_TSTRING:
        read_text(L, arg, indices);
        break;
    case LUA_TNUMBER:
        indices->axis[0] =
            l_index_position(check_position(L, arg, "a position"));
        indices->count = 1;
        break;
    case LUA_TTABLE: {
        if (l_is_traced(L, arg))
            check_position(L, arg, "a position");
        lua_Integer count = luaL_len(L, arg);
        if (count < 0 || count > PG_MAXDIM)
            l_error(L, "%I indices: the rank is at most %d", count, PG_MAXDIM);
        indices->count = (int)count;
        for (int i = 0; i < indices->count; i++) {
            lua_geti(L, arg, i + 1);
            indices->axis[i] = read_axis(L);
            lua_pop(L, 1);
        }
        break;
    }
    default:
        l_error(L, "an array's index is a position, a table or text, not a %s",
                luaL_typename(L, arg));
    }
}
