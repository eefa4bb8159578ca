/* Allocation from the pool, with a hook, a limit and a count of live bytes. */

#include "base/memory.h"

#include <stdatomic.h>

#include "base/memory_pool.h"
#include "base/system_memory.h"

static pg_memory_hook hook;
static void *hook_context;
static atomic_size_t live_bytes;
static atomic_size_t asked_at;     /* live bytes when the system was asked */
static atomic_size_t max_resident; /* 0: no limit */

void pg_memory_set_hook(pg_memory_hook new_hook, void *context)
{
    hook = new_hook;
    hook_context = context;
}

size_t pg_memory_left(void)
{
    size_t limit = atomic_load(&max_resident), resident;
    if (!limit)
        return pg_system_memory_available();
    resident = pg_system_memory_resident();
    return limit > resident ? limit - resident : 0;
}

bool pg_memory_has(size_t bytes)
{
    if (bytes <= pg_memory_left())
        return true;
    pg_system_memory_trim(); /* the C library may hold what was freed */
    return bytes <= pg_memory_left();
}

void pg_memory_limit(size_t more)
{
    size_t limit = more == SIZE_MAX ? 0 : pg_system_memory_resident() + more;
    atomic_store(&max_resident, limit);
}

/* True if the allocation fits. Asks the system only about large blocks, and
   when live bytes have changed by a step since it was asked: reading /proc
   takes longer than most allocations. */
static bool may_allocate(size_t bytes)
{
    size_t live = atomic_load(&live_bytes) + bytes;
    size_t asked = atomic_load(&asked_at);
    size_t change = live > asked ? live - asked : asked - live;
    if (bytes < PG_MEMORY_STEP && change < PG_MEMORY_STEP)
        return true;
    if (!pg_memory_has(bytes))
        return false;
    atomic_store(&asked_at, live);
    return true;
}

void *pg_malloc(size_t bytes)
{
    if (bytes > PTRDIFF_MAX / 2 || (hook && !hook(bytes, hook_context)) ||
        !may_allocate(bytes))
        return NULL;
    void *memory = pg_pool_take(bytes);
    if (memory)
        atomic_fetch_add(&live_bytes, bytes);
    return memory;
}

void pg_free(void *memory, size_t bytes)
{
    if (!memory)
        return;
    pg_assert(bytes <= atomic_load(&live_bytes));
    atomic_fetch_sub(&live_bytes, bytes);
    pg_pool_give(memory, bytes);
}

size_t pg_live_bytes(void)
{
    return atomic_load(&live_bytes);
}

pg_status pg_fail_memory(pg_error *err, size_t bytes)
{
    size_t left = pg_memory_left();
    if (bytes <= left)
        return pg_fail(err, PG_ENOMEM, "not enough memory for %zu bytes",
                       bytes);
    return pg_fail(err, PG_ENOMEM,
                   "not enough memory for %zu bytes; %zu are available", bytes,
                   left);
}
