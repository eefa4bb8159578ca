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

pg_status pg_optimizer_need(pg_optimizer *o, pg_optimizer_kind kind,
                            const pg_layout *layout, pg_error *err)
{
    if (o->kind == kind && (o->memory || states_of[kind] == 0))
        return PG_OK;
    pg_optimizer made = {.kind = kind, .state_bytes = pg_layout_bytes(layout)};
    if (!pg_size_multiply(&made.bytes, made.state_bytes,
                          (size_t)states_of[kind]))
        made.bytes = SIZE_MAX;
    if (made.bytes > 0) {
        made.memory = pg_malloc(made.bytes);
        if (!made.memory)
            return pg_fail_memory(err, made.bytes);
        memset(made.memory, 0, made.bytes);
    }
    pg_optimizer_free(o);
    *o = made;
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
