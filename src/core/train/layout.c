/* Offsets of weights in a parameter buffer, and copies to and from arrays. */

#include "train/layout.h"

#include <stdio.h>
#include <string.h>

#include "array/cast.h"
#include "base/interrupt.h"
#include "kernels/kernels.h"

/* --- offsets -------------------------------------------------------------- */

static void set_widths(pg_layout *layout, const pg_network *network)
{
    *layout = (pg_layout){.layers = network->layers,
                          .dtype = network->W[0]->dtype,
                          .loss = network->loss};
    layout->width[0] = network->W[0]->shape[1];
    for (int l = 0; l < network->layers; l++)
        layout->width[l + 1] = network->W[l]->shape[0];
    memcpy(layout->padded, layout->width, sizeof layout->padded);
    memcpy(layout->activation, network->activation, sizeof layout->activation);
}

static void set_offsets(pg_layout *layout)
{
    for (int l = 0; l < layout->layers; l++) {
        size_t rows = layout->panels && l == 0 ? layout->padded[l + 1]
                                               : layout->width[l + 1];
        layout->W[l] = layout->count;
        layout->b[l] = layout->W[l] + rows * layout->padded[l];
        layout->count = layout->b[l] + layout->padded[l + 1];
    }
}

void pg_layout_of(pg_layout *layout, const pg_network *network)
{
    set_widths(layout, network);
    set_offsets(layout);
}

void pg_layout_sparse_of(pg_layout *layout, const pg_network *network)
{
    pg_assert(network->layers > 1);
    set_widths(layout, network);
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t vectors = pg_size_divide_up(layout->width[1], k->lanes);
    layout->panels = pg_size_divide_up(vectors, k->most_vectors);
    layout->padded[1] = vectors * k->lanes;
    set_offsets(layout);
    layout->count = pg_size_divide_up(layout->count, k->lanes) * k->lanes;
}

bool pg_layout_keep(pg_layout *layout, const pg_dropout *dropout)
{
    bool has_changed = false;
    for (int l = 0; l < layout->layers - 1; l++) {
        pg_derivative_source source =
            pg_activation_source(layout->activation[l]);
        bool drops = pg_dropout_p(dropout, l) > 0;
        bool keeps = source == PG_FROM_Z || (drops && source == PG_FROM_OUTPUT);
        has_changed = has_changed || keeps != layout->keeps[l];
        layout->keeps[l] = keeps;
    }
    return has_changed;
}

size_t pg_layout_panel(size_t *units, const pg_layout *layout, size_t p)
{
    pg_assert(p < layout->panels);
    size_t lanes = pg_kernels_for(layout->dtype)->lanes;
    size_t vectors = layout->padded[1] / lanes;
    size_t first = vectors * p / layout->panels;
    *units = (vectors * (p + 1) / layout->panels - first) * lanes;
    return first * lanes;
}

bool pg_layout_same(const pg_layout *a, const pg_layout *b)
{
    return a->layers == b->layers && a->dtype == b->dtype &&
           memcmp(a->width, b->width, sizeof a->width) == 0;
}

size_t pg_layout_bytes(const pg_layout *layout)
{
    return layout->count * pg_dtype_size(layout->dtype);
}

const char *pg_layout_text(char *text, const pg_layout *layout)
{
    size_t used = 0;
    for (int l = 0; l <= layout->layers; l++)
        used += (size_t)snprintf(text + used, PG_LAYOUT_TEXT - used,
                                 l ? "-%zu" : "%zu", layout->width[l]);
    return text;
}

/* --- copies --------------------------------------------------------------- */

typedef enum copy_direction { PACK, UNPACK } copy_direction;

/* Copies between a part of a buffer and an array of the same shape. */
static void copy_part(const pg_array *part, const pg_array *a,
                      copy_direction direction)
{
    if (direction == PACK)
        pg_cast_array(part, a);
    else
        pg_cast_array(a, part);
}

/* Copies between panel p of the buffer's W1 and its units' rows of the array.
 */
static void copy_panel(const pg_layout *layout, const void *buffer,
                       const pg_array *W1, size_t p, copy_direction direction)
{
    pg_array panel, rows = *W1;
    ptrdiff_t size = (ptrdiff_t)pg_dtype_size(layout->dtype);
    size_t units, inputs = layout->width[0];
    size_t first = pg_layout_panel(&units, layout, p);
    size_t count = pg_size_min(units, layout->width[1] - first);
    void *data = pg_layout_at(layout, buffer, layout->W[0] + first * inputs);
    pg_array_borrow(&panel, data, layout->dtype, 2,
                    (const size_t[]){count, inputs});
    panel.strides[0] = size;
    panel.strides[1] = (ptrdiff_t)units * size;
    rows.data = (char *)W1->data + (ptrdiff_t)first * W1->strides[0];
    rows.shape[0] = count;
    copy_part(&panel, &rows, direction);
}

static void copy_buffer(const pg_layout *layout, const void *buffer,
                        const pg_network *network, copy_direction direction)
{
    pg_array part;
    size_t size = pg_dtype_size(layout->dtype);
    for (size_t p = 0; p < layout->panels; p++)
        copy_panel(layout, buffer, network->W[0], p, direction);
    for (int l = 0; l < layout->layers; l++) {
        size_t units = layout->width[l + 1];
        if (l > 0 || !layout->panels) {
            pg_array_borrow(&part, pg_layout_at(layout, buffer, layout->W[l]),
                            layout->dtype, 2,
                            (const size_t[]){units, layout->width[l]});
            part.strides[0] = (ptrdiff_t)(layout->padded[l] * size);
            copy_part(&part, network->W[l], direction);
        }
        pg_array_borrow(&part, pg_layout_at(layout, buffer, layout->b[l]),
                        layout->dtype, 2, (const size_t[]){1, units});
        copy_part(&part, network->b[l], direction);
    }
}

void pg_layout_pack(const pg_layout *layout, void *buffer,
                    const pg_network *network)
{
    copy_buffer(layout, buffer, network, PACK);
}

void pg_layout_unpack(const pg_layout *layout, const pg_network *network,
                      const void *buffer)
{
    const pg_interrupt *interrupt = pg_set_interrupt(NULL);
    copy_buffer(layout, buffer, network, UNPACK);
    pg_set_interrupt(interrupt);
}
