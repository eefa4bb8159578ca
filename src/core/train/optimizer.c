/* The kinds of optimizers, the memory of one, and its steps. */

#include "train/optimizer.h"

#include <stdatomic.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

#define OPTIMIZER_NAME(upper, lower, states, decay) #lower,
const char *const pg_optimizer_names[PG_OPTIMIZERS + 1] = {
    PG_OPTIMIZER_LIST(OPTIMIZER_NAME) NULL};

#define OPTIMIZER_STATES(upper, lower, states, decay) states,
static const int states_of[] = {PG_OPTIMIZER_LIST(OPTIMIZER_STATES)};

int pg_optimizer_states(pg_optimizer_kind kind)
{
    return states_of[kind];
}

pg_status pg_optimizer_new(pg_optimizer *o, pg_optimizer_kind kind,
                           pg_dtype dtype, size_t count, pg_error *err)
{
    *o = (pg_optimizer){0};
    size_t bytes, state_bytes = count * pg_dtype_size(dtype);
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

pg_status pg_optimizer_replace(pg_optimizer *o, pg_optimizer_kind kind,
                               pg_dtype dtype, size_t count, uint64_t steps,
                               pg_error *err)
{
    pg_optimizer made;
    pg_status status = pg_optimizer_new(&made, kind, dtype, count, err);
    if (status != PG_OK)
        return status;
    made.steps = steps;
    pg_optimizer_free(o);
    *o = made;
    return PG_OK;
}

pg_status pg_optimizer_check_state(const pg_optimizer *o, int state,
                                   pg_error *err)
{
    int states = states_of[o->kind];
    if (state >= 0 && state < states)
        return PG_OK;
    return pg_fail(err, PG_EARG, "%s has %d states, and no state %d",
                   pg_optimizer_names[o->kind], states, state + 1);
}

void *pg_optimizer_state(const pg_optimizer *o, int state)
{
    pg_assert(state >= 0 && state < states_of[o->kind]);
    return o->memory + o->state_bytes * (size_t)state;
}

/* --- the step ------------------------------------------------------------- */

/* Forgets all steps. */
static void clear(pg_optimizer *o)
{
    if (o->memory)
        memset(o->memory, 0, o->bytes);
    o->steps = 0;
}

enum { PIECE = 16384 }; /* weights to a job */

typedef struct step {
    pg_optimizer *optimizer;
    char *weights;
    const char *gradients;
    pg_dtype dtype;
    size_t count;
    const pg_optimizer_settings *settings;
    atomic_bool is_infinite;
} step;

/* pg_job */
static void step_piece(void *context, size_t piece)
{
    step *s = context;
    size_t first = piece * PIECE, at = first * pg_dtype_size(s->dtype);
    char *state[PG_MOST_STATES] = {NULL};
    for (int i = 0; i < pg_optimizer_states(s->settings->kind); i++)
        state[i] = (char *)pg_optimizer_state(s->optimizer, i) + at;
    if (!pg_kernels_for(s->dtype)->optimize[s->settings->kind](
            s->weights + at, state[0], state[1], s->gradients + at, s->settings,
            s->optimizer->steps, pg_size_min(PIECE, s->count - first)))
        s->is_infinite = true;
}

bool pg_optimizer_step(pg_optimizer *o, void *weights, const void *gradients,
                       pg_dtype dtype, size_t count,
                       const pg_optimizer_settings *settings)
{
    pg_assert(o->kind == settings->kind);
    step s = {.optimizer = o,
              .weights = weights,
              .gradients = gradients,
              .dtype = dtype,
              .count = count,
              .settings = settings};
    size_t pieces = pg_size_divide_up(count, PIECE);
    const pg_interrupt *interrupt = pg_set_interrupt(NULL);
    o->steps++;
    pg_parallel_for(pieces, pieces > 1, step_piece, &s);
    pg_set_interrupt(interrupt);
    if (s.is_infinite)
        clear(o);
    return !s.is_infinite;
}
