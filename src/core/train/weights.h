/*
 * weights.h -- a network's weights as a run of numbers, which a training
 * computes with.
 *
 * The network's arrays are what counts: their owner may write to them between
 * two steps. The run is made anew only where that happened, or where they are
 * other arrays: it costs as much as a small batch.
 */
#ifndef PG_WEIGHTS_H
#define PG_WEIGHTS_H

#include "network/network.h"

/* An array as it was, and the version of its storage. */
typedef struct pg_seen {
    pg_array array; /* released: it was not seen */
    uint64_t version;
} pg_seen;

typedef struct pg_weights {
    void *run;
    size_t bytes;
    pg_seen W[PG_MAX_LAYERS], b[PG_MAX_LAYERS]; /* of which the run is a copy */
} pg_weights;

/* Room for a run of the layout's count. PG_ENOMEM. */
pg_status pg_weights_new(pg_weights *w, const pg_layout *layout, pg_error *err);
void pg_weights_free(pg_weights *w); /* zeroed: nothing to free */

/* The network's weights to the run, which may then be changed; and back. */
void pg_weights_take(pg_weights *w, const pg_layout *layout,
                     const pg_network *network);
void pg_weights_give(pg_weights *w, const pg_layout *layout,
                     const pg_network *network);

#endif
