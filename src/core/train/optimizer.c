/* The kinds of optimizers, and the memory of one. */

#include "train/optimizer.h"

#include <string.h>

#include "base/memory.h"

#define OPTIMIZER_NAME(upper, lower, states) #lower,
const char *const pg_optimizer_names[PG_OPTIMIZERS + 1] = {
    PG_OPTIMIZER_LIST(OPTIMIZER_NAME) NULL};

#define OPTIMIZER_STATES(upper, lower, states) states,
static const int states_of[] = {PG_OPTIMIZER_LIST(OPTIMIZER_STATES)};

int pg_optimizer_states(pg_optimizer_kind kind)
{
    return states_of[kind];
}

pg_status pg_optimizer_new(pg_optimizer *o, pg_optimizer_kind kind,
                           const pg_layout *layout, pg_error *err)
{
    *o = (pg_optimizer){0};
    size_t bytes, state_bytes = pg_layout_bytes(layout);
    if (!pg_size_multiply(&bytes, state_bytes, (size_t)states_of[kind]))
        bytes = SIZE_MAX;
    char *memory = bytes > 0 ? pg_malloc(bytes) : NULL;
    if (bytes > 0 && !memory)
        return pg_fail_memory(err, bytes);
    if (memory)
        memset(memory, 0, bytes);
    *o = (pg_optimizer){.kind = kind,
                        .memory = memory,
                        .bytes = bytes,
                        .state_bytes = state_bytes};
    return PG_OK;
}

void pg_optimizer_free(pg_optimizer *o)
{
    pg_free(o->memory, o->bytes);
    *o = (pg_optimizer){0};
}

void pg_optimizer_clear(pg_optimizer *o)
{
    if (o->memory)
        memset(o->memory, 0, o->bytes);
    o->steps = 0;
}

void *pg_optimizer_state(const pg_optimizer *o, int state)
{
    pg_assert(state >= 0 && state < states_of[o->kind]);
    return o->memory + o->state_bytes * (size_t)state;
}
