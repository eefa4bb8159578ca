/* The module perigee.core: all that Lua gets from C. */
#include <stdlib.h>

#include "bind/base/error.h"
#include "bind/array/array.h"
#include "bind/base/open.h"
#include "bind/openblas_variable.h"
#include "core/base/descriptors.h"
#include "core/base/threads.h"
#include "core/kernels/kernels.h"

LUAMOD_API int luaopen_perigee_core(lua_State *L);

/* Chooses the kernels, and checks the number of threads. Raises here for a
   wrong value, not at the first training. */
static void read_environment(lua_State *L)
{
    pg_error err;
    const char *kernels = getenv("PERIGEE_KERNELS");
    const char *threads = getenv("PERIGEE_THREADS");
    if (kernels && *kernels && pg_kernels_choose(kernels, &err) != PG_OK)
        l_error(L, "PERIGEE_KERNELS: %s", err.message);
    if (threads && pg_threads_check(threads, &err) != PG_OK)
        l_error(L, "PERIGEE_THREADS: %s", err.message);
}

int luaopen_perigee_core(lua_State *L)
{
    l_openblas_variable_restore();
    pg_fill_standard_descriptors();
    read_environment(L);
    lua_newtable(L);
    l_open_interrupt(L);
    l_open_shape(L);
    l_open_array(L);
    l_open_nested_table(L);
    l_open_index(L);
    l_open_views(L);
    l_open_repeat(L);
    l_open_checksum(L);
    l_open_create(L);
    l_open_elementwise(L);
    l_open_reduce(L);
    l_open_sort(L);
    l_open_statistics(L);
    l_open_standardise(L);
    l_open_select(L);
    l_open_linalg(L);
    l_open_lapack(L);
    l_open_convolution(L);
    l_open_softmax(L);
    l_open_dropout(L);
    l_open_backward(L);
    l_open_random(L);
    l_open_random_state(L);
    l_open_split(L);
    l_open_archive(L);
    l_open_load(L);
    l_open_file(L);
    l_open_png(L);
    l_open_png_folder(L);
    l_open_csv(L);
    l_open_initialization(L);
    l_open_notebook(L);
    l_open_trainer(L);
    l_open_comm(L);
    l_open_descent(L);
    l_open_runtime(L);
    l_open_process(L);
    l_open_user_call(L);
    l_open_tracer(L);
    l_open_memory(L);
    l_array_copy_metatable(L);
    return 1;
}
