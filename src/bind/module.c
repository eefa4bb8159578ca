/* The module perigee.core: all that Lua gets from C. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bind/base/error.h"
#include "bind/array/array.h"
#include "bind/base/open.h"
#include "core/base/descriptors.h"
#include "core/base/threads.h"
#include "core/kernels/kernels.h"

LUAMOD_API int luaopen_perigee_core(lua_State *L);

/* OpenBLAS, which the dynamic linker loads with this module, starts a thread
   for each processor, or the number in an environment variable. The core uses
   none of them. They would take a tenth of the time of `require "perigee"`, and
   spin for ever if address space is limited. The link option initfirst runs
   this constructor before OpenBLAS's. */
static const char threads_variable[] = "OPENBLAS_NUM_THREADS";
static atomic_bool is_variable_ours;
static _Atomic(char *) users_value; /* NULL: there was none */

__attribute__((constructor)) static void ask_for_one_thread(void)
{
    const char *value = getenv(threads_variable);
    char *copy = value ? strdup(value) : NULL;
    atomic_store(&users_value, copy);
    if (!value || copy)
        atomic_store(&is_variable_ours, setenv(threads_variable, "1", 1) == 0);
}

/* Restores the environment, for programs that a script starts. */
static void restore_environment(void)
{
    char *value = atomic_exchange(&users_value, NULL);
    bool ours = atomic_exchange(&is_variable_ours, false);
    if (ours && value)
        setenv(threads_variable, value, 1);
    else if (ours)
        unsetenv(threads_variable);
    free(value);
}

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
    restore_environment();
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
    l_open_select(L);
    l_open_linalg(L);
    l_open_lapack(L);
    l_open_random(L);
    l_open_random_state(L);
    l_open_archive(L);
    l_open_file(L);
    l_open_png(L);
    l_open_initialization(L);
    l_open_notebook(L);
    l_open_trainer(L);
    l_open_runtime(L);
    l_open_process(L);
    l_open_user_call(L);
    l_open_memory(L);
    l_array_copy_metatable(L);
    return 1;
}
