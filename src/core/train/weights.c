/* Packing weights only where they changed. */

#include "train/weights.h"

#include <string.h>

#include "array/storage.h"
#include "base/memory.h"

pg_status pg_weights_new(pg_weights *w, const pg_layout *layout, pg_error *err)
{
    *w = (pg_weights){.bytes = pg_layout_bytes(layout)};
    w->buffer = pg_malloc(w->bytes);
    return w->buffer ? PG_OK : pg_fail_memory(err, w->bytes);
}

static void forget(pg_weights *w)
{
    for (int l = 0; l < PG_MAX_LAYERS; l++) {
        pg_array_release(&w->W[l].array);
        pg_array_release(&w->b[l].array);
    }
}

void pg_weights_free(pg_weights *w)
{
    forget(w);
    pg_free(w->buffer, w->bytes);
    w->buffer = NULL;
}

/* Remembers an array and its version. Borrowed memory and placed storage are
   not remembered, and so are packed at each step: writes to the first are not
   counted, and the second may be gone by then. */
static void see(pg_seen *seen, const pg_array *a)
{
    if (!a->storage || a->is_placed)
        return;
    pg_assert(!seen->array.storage);
    pg_array_view(&seen->array, a);
    seen->version = pg_storage_version(a->storage);
}

static bool is_unchanged(const pg_seen *seen, const pg_array *a)
{
    const pg_storage *storage = seen->array.storage;
    return storage && storage == a->storage &&
           pg_array_same_view(&seen->array, a) &&
           pg_storage_version(storage) == seen->version;
}

static bool are_unchanged(const pg_weights *w, const pg_network *network)
{
    for (int l = 0; l < network->layers; l++)
        if (!is_unchanged(&w->W[l], network->W[l]) ||
            !is_unchanged(&w->b[l], network->b[l]))
            return false;
    return true;
}

/* The buffer counts as no copy until it is given back. */
bool pg_weights_take(pg_weights *w, const pg_layout *layout,
                     const pg_network *network)
{
    bool are_other = !are_unchanged(w, network);
    if (are_other) {
        memset(w->buffer, 0,
               w->bytes); /* padding, too: a step may have failed */
        pg_layout_pack(layout, w->buffer, network);
    }
    forget(w);
    return are_other;
}

/* True where writing to one of the arrays may change another. */
static bool arrays_overlap(const pg_network *network)
{
    const pg_array *all[2 * PG_MAX_LAYERS];
    int count = 0;
    for (int l = 0; l < network->layers; l++) {
        all[count++] = network->W[l];
        all[count++] = network->b[l];
    }
    for (int i = 1; i < count; i++)
        for (int j = 0; j < i; j++)
            if (pg_array_shares_storage(all[i], all[j]))
                return true;
    return false;
}

void pg_weights_give(pg_weights *w, const pg_layout *layout,
                     const pg_network *network)
{
    pg_layout_unpack(layout, network, w->buffer);
    if (arrays_overlap(network)) /* then the buffer is no copy */
        return;
    for (int l = 0; l < network->layers; l++) {
        see(&w->W[l], network->W[l]);
        see(&w->b[l], network->b[l]);
    }
}
