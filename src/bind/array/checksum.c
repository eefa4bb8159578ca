/* Checksums of arrays. */
#include "bind/array/nested_table.h"
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

static const l_function functions[] = {
    {"checksum", l_array_checksum, 1, 1, 0},
    {NULL, NULL, 0, 0, 0},
};

static const l_function module_functions[] = {
    {"checksum_v1", l_array_checksum, 1, 1, 1},
    {NULL, NULL, 0, 0, 0},
};

void l_open_checksum(lua_State *L)
{
    l_array_add_functions(L, functions);
    l_add_functions(L, module_functions, NULL);
}
