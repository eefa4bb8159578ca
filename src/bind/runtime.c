/* The number of threads, and facts about the running build. */
#include "bind/base/arguments.h"
#include "bind/base/function.h"
#include "bind/base/open.h"
#include "bind/base/status.h"
#include "core/base/blas.h"
#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/kernels/kernels.h"

/* threads([n]) -> the number of threads, before n becomes it */
static int l_runtime_threads(lua_State *L)
{
    pg_error err;
    int before = pg_threads();
    if (!lua_isnoneornil(L, 1))
        l_check(L, pg_set_threads(l_integer_check(L, 1), &err), &err);
    lua_pushinteger(L, before);
    return 1;
}

/* info() -> {version, blas, kernels, threads, bytes} */
static int l_runtime_info(lua_State *L)
{
    char blas[PG_BLAS_TEXT];
    lua_newtable(L);
    lua_pushstring(L, PG_VERSION);
    lua_setfield(L, -2, "version");
    pg_blas_name(blas);
    lua_pushstring(L, blas);
    lua_setfield(L, -2, "blas");
    lua_pushstring(L, pg_kernels_name());
    lua_setfield(L, -2, "kernels");
    lua_pushinteger(L, pg_threads());
    lua_setfield(L, -2, "threads");
    lua_pushinteger(L, (lua_Integer)pg_live_bytes());
    lua_setfield(L, -2, "bytes");
    return 1;
}

static const l_function functions[] = {
    {"threads", l_runtime_threads, 0, 1, 0},
    {"info", l_runtime_info, 0, 0, 0},
    {NULL, NULL, 0, 0, 0},
};

void l_open_runtime(lua_State *L)
{
    l_add_functions(L, functions, NULL);
}
