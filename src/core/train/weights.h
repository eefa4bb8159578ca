/*
 * weights.h -- the parameter buffer of a network's weights, which a training
 * computes with.
 *
 * The network's arrays count: their owner may write to them between two steps.
 * They are packed again only where that happened, or where they are other
 * arrays, because packing takes as long as a small batch.
 */
#ifndef PG_WEIGHTS_H
#define PG_WEIGHTS_H

#include "train/layout.h"

/* An array as it was, and the version of its storage. */
typedef struct pg_seen {
    pg_array array; /* released: it was not seen */
    uint64_t version;
} pg_seen;

typedef struct pg_weights {
    void *buffer;
    size_t bytes;
    pg_seen W[PG_MAX_LAYERS], b[PG_MAX_LAYERS]; /* what the buffer copies */
} pg_weights;

/* A buffer of the layout, not initialised. PG_ENOMEM. */
pg_status pg_weights_new(pg_weights *w, const pg_layout *layout, pg_error *err);
void pg_weights_free(pg_weights *w); /* zeroed: nothing to free */

/* pg_weights_take copies the network's weights to the buffer, which may then be
   changed, and pg_weights_give copies it back. A give follows a take, which
   returns false where the buffer had the weights. */
bool pg_weights_take(pg_weights *w, const pg_layout *layout,
                     const pg_network *network);
void pg_weights_give(pg_weights *w, const pg_layout *layout,
                     const pg_network *network);

#endif
