/* OPENBLAS_NUM_THREADS, set to 1 before OpenBLAS is loaded. */
#define _DEFAULT_SOURCE /* setenv */

#include "bind/openblas_variable.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* OpenBLAS, which the dynamic linker loads with this module, starts a thread
   for each processor, or the number in an environment variable. The core uses
   none of them. They would take a tenth of the time of `require "perigee"`, and
   spin for ever if address space is limited. The link option initfirst runs
   this constructor before OpenBLAS's. The threads that call OpenBLAS set its
   number once more (base/blas.c): another module may have loaded it first. */
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

void l_openblas_variable_restore(void)
{
    char *value = atomic_exchange(&users_value, NULL);
    bool ours = atomic_exchange(&is_variable_ours, false);
    if (ours && value)
        setenv(threads_variable, value, 1);
    else if (ours)
        unsetenv(threads_variable);
    free(value);
}
