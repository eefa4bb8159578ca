/* The choice of the target whose kernels run: the best for this processor. */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/elementwise.h"
#include "kernels/kernels.h"
#include "kernels/reduction.h"

typedef struct pg_target {
    const char *name;
    bool (*runs)(void); /* true if this processor can run it */
    const pg_kernels *float32, *float64;
    const pg_elementwise_table *elementwise;
    const pg_reduction_table *reduction;
} pg_target;

#define TABLES(name)                                            \
    &pg_kernels_##name##_float32, &pg_kernels_##name##_float64, \
        &pg_elementwise_kernels_##name, &pg_reduction_kernels_##name

#define DECLARE(name)                                                \
    extern const pg_kernels pg_kernels_##name##_float32;             \
    extern const pg_kernels pg_kernels_##name##_float64;             \
    extern const pg_elementwise_table pg_elementwise_kernels_##name; \
    extern const pg_reduction_table pg_reduction_kernels_##name;

DECLARE(portable)

static bool always(void)
{
    return true;
}

#ifdef PG_KERNELS_X86

DECLARE(avx2)
DECLARE(avx512)

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

#endif

/* The best first; the last runs everywhere. */
static const pg_target targets[] = {
#ifdef PG_KERNELS_X86
    {"avx512", has_avx512, TABLES(avx512)},
    {"avx2", has_avx2, TABLES(avx2)},
#endif
    {"portable", always, TABLES(portable)},
};
enum { TARGETS = sizeof targets / sizeof *targets };

/* The process's target; NULL before the first use. */
static _Atomic(const pg_target *) chosen;

/* The first target that runs here, of that name unless it is NULL; or NULL. */
static const pg_target *find(const char *name)
{
    for (int i = 0; i < TARGETS; i++)
        if ((!name || strcmp(targets[i].name, name) == 0) && targets[i].runs())
            return &targets[i];
    return NULL;
}

/* Ignores an unknown name in the environment, as it has no way to fail:
   pg_kernels_choose reports it. */
static const pg_target *current(void)
{
    const pg_target *t = atomic_load(&chosen);
    if (t)
        return t;
    t = find(getenv("PERIGEE_KERNELS"));
    if (!t)
        t = find(NULL);
    atomic_store(&chosen, t);
    return t;
}

const pg_kernels *pg_kernels_for(pg_dtype dtype)
{
    pg_assert(pg_dtype_is_float(dtype));
    const pg_target *t = current();
    PG_EXPECT_FLOATS(2);
    return dtype == PG_FLOAT32 ? t->float32 : t->float64;
}

const pg_elementwise_table *pg_elementwise_kernels(void)
{
    return current()->elementwise;
}

const pg_reduction_table *pg_reduction_kernels(void)
{
    return current()->reduction;
}

const char *pg_kernels_name(void)
{
    return current()->name;
}

pg_status pg_kernels_choose(const char *name, pg_error *err)
{
    const pg_target *t = find(name);
    if (t) {
        atomic_store(&chosen, t);
        return PG_OK;
    }
    char list[100] = "";
    for (int i = 0; i < TARGETS; i++)
        if (targets[i].runs()) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, used ? ", %s" : "%s",
                     targets[i].name);
        }
    return pg_fail(err, PG_EARG,
                   "no kernels '%s' that run on this processor; there are: %s",
                   name, list);
}
