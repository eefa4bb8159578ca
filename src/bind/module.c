/* The module perigee.core: everything that is made in C. */
#include <stdlib.h>

#include "../core/descriptors.h"
#include "../core/kernels.h"
#include "bind.h"

LUAMOD_API int luaopen_perigee_core(lua_State *L);

/* A name that cannot be had is told at once, not at the first training. */
static void choose_kernels(lua_State *L)
{
    pg_error err;
    const char *name = getenv("PERIGEE_KERNELS");
    if (name && *name && pg_kernels_choose(name, &err) != PG_OK)
        luaL_error(L, "PERIGEE_KERNELS: %s", err.message);
}

int luaopen_perigee_core(lua_State *L)
{
    pg_hold_standard_descriptors();
    choose_kernels(L);
    lua_newtable(L);
    l_open_shape(L);
    l_open_array(L);
    l_open_create(L);
    l_open_file(L);
    l_open_png(L);
    l_open_random(L);
    l_open_network(L);
    l_open_runtime(L);
    l_open_interrupt(L);
    l_open_memory(L);
    return 1;
}
