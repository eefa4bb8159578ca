/* Checksums of arrays. */
#include "bind/array/nested_table.h"
#include "bind/base/arguments.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/array/checksum.h"

/* checksum(a), operation 0, and checksum_v1, 1, of journals of format 1
   -> integer */
static int l_array_checksum(lua_State *L)
{
    pg_error err;
    uint32_t sum = 0;
    const pg_array *a = l_array_to(L, 1);
    l_check(L,
            l_call_operation(L) ? pg_array_checksum_v1(&sum, a, &err)
                                : pg_array_checksum(&sum, a, &err),
            &err);
    lua_pushinteger(L, sum);
    return 1;
}

/* elements_checksum(a) -> integer, bytes: the sum of the elements alone */
static int l_array_elements_checksum(lua_State *L)
{
    pg_error err;
    uint32_t sum;
    const pg_array *a = l_array_check(L, 1);
    l_check(L, pg_elements_checksum(&sum, a, &err), &err);
    lua_pushinteger(L, sum);
    lua_pushinteger(L, (lua_Integer)pg_array_bytes(l_array_check(L, 1)));
    return 2;
}

/* join_checksums(sum, a, n, parts) -> integer: sum, continued by an array of n
   rows like a's; parts is a list of pairs {sum, bytes}, of elements_checksum */
static int l_array_join_checksums(lua_State *L)
{
    enum { SUM = 1, ARRAY, N, PARTS };
    uint32_t sum = (uint32_t)l_integer_check(L, SUM);
    size_t n = l_length_check(L, N);
    l_type_check(L, PARTS, LUA_TTABLE);
    size_t count = lua_rawlen(L, PARTS);
    pg_rows_sum *parts = lua_newuserdatauv(L, (count + 1) * sizeof *parts, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, PARTS, (lua_Integer)i + 1);
        l_argument_check(L, lua_istable(L, -1), PARTS, "pairs expected");
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        parts[i] = (pg_rows_sum){(uint32_t)lua_tointeger(L, -2),
                                 (uint64_t)lua_tointeger(L, -1)};
        lua_pop(L, 3);
    }
    const pg_array *a = l_array_check(L, ARRAY);
    l_argument_check(L, a->ndim > 0, ARRAY, "rows expected");
    pg_parts_checksum(&sum, a, n, parts, count);
    lua_pushinteger(L, sum);
    return 1;
}

static const l_function functions[] = {
    {"checksum", l_array_checksum, 1, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function module_functions[] = {
    {"checksum_v1", l_array_checksum, 1, 1, 1},
    {"elements_checksum", l_array_elements_checksum, 1, 1, 0},
    {"join_checksums", l_array_join_checksums, 0, 4, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_checksum(lua_State *L)
{
    l_array_add_functions(L, functions);
    l_add_functions(L, module_functions, NULL);
}
