#include "train/optimizer.h"

#include <stdatomic.h>
#include <string.h>

#include "base/interrupt.h"
#include "kernels/kernels.h"
#include "base/memory.h"
#include "base/parallel.h"

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
    pg_optimizer made = {.kind = kind};
    made.run = layout->count * pg_dtype_size(layout->dtype);
    if (!pg_size_multiply(&made.bytes, made.run, (size_t)states_of[kind]))
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

void *pg_optimizer_state(const pg_optimizer *o, int which)
{
    return o->memory + o->run * (size_t)which;
}

/* --- the step ------------------------------------------------------------- */

enum { PIECE = 16384 }; /* weights to a job */

typedef struct descent {
    pg_optimizer_kind kind;
    const pg_layout *layout;
    pg_descent whole;
    atomic_bool strange;
} descent;

/* pg_job */
static void step_piece(void *context, size_t piece)
{
    descent *all = context;
    const pg_layout *layout = all->layout;
    size_t first = piece * PIECE;
    pg_descent d = all->whole;
    d.w = pg_layout_at(layout, d.w, first);
    d.g = pg_layout_at(layout, d.g, first);
    for (int i = 0; i < states_of[all->kind]; i++)
        d.state[i] = pg_layout_at(layout, d.state[i], first);
    if (!pg_kernels_for(layout->dtype)
             ->optimize[all->kind](&d,
                                   pg_size_min(PIECE, layout->count - first)))
        all->strange = true;
}

static void begin_anew(pg_optimizer *o)
{
    if (o->memory)
        memset(o->memory, 0, o->bytes);
    o->steps = 0;
}

bool pg_optimizer_step(pg_optimizer *o, const pg_layout *layout,
                       const pg_settings *settings, void *w, const void *g)
{
    size_t pieces = pg_size_divide_up(layout->count, PIECE);
    descent all = {.kind = o->kind, .layout = layout};
    all.whole = (pg_descent){
        .w = w, .g = g, .settings = settings, .step = o->steps + 1};
    for (int i = 0; i < states_of[o->kind]; i++)
        all.whole.state[i] = pg_optimizer_state(o, i);
    const pg_interrupt *listened = pg_set_interrupt(NULL);
    pg_parallel_for(pieces, pieces > 1, step_piece, &all);
    pg_set_interrupt(listened);
    o->steps++;
    if (all.strange)
        begin_anew(o);
    return !all.strange;
}
