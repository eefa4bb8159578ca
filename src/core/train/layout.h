/*
 * layout.h -- how a network's weights, or its gradients, stand in one parameter
 * buffer.
 *
 * Each layer has W_l (width of l, padded width of l - 1) and, behind it, b_l
 * (padded width of l). Only the sparse plan has padding: there the first
 * hidden layer is padded with zeros to whole registers, and W1 stands in
 * panels: for each input, the weights of as many units as a kernel takes at a
 * time.
 */
#ifndef PG_LAYOUT_H
#define PG_LAYOUT_H

#include "train/network.h"

typedef struct pg_layout {
    int layers;
    pg_dtype dtype;
    pg_activation activation[PG_MAX_LAYERS];
    pg_loss loss;
    size_t width[PG_MAX_LAYERS + 1];           /* the inputs first */
    size_t padded[PG_MAX_LAYERS + 1];          /* widths with padding */
    size_t W[PG_MAX_LAYERS], b[PG_MAX_LAYERS]; /* index of the first element */
    size_t count;                              /* elements of the buffer */
    size_t panels;             /* 0: W1 is stored as the others are */
    bool keeps[PG_MAX_LAYERS]; /* hidden layers for whose derivative the output
                                  that is passed on is not enough */
} pg_layout;

/* The layouts of a network that was checked: dense, and for the sparse plan,
   which needs a hidden layer. */
void pg_layout_of(pg_layout *layout, const pg_network *network);
void pg_layout_sparse_of(pg_layout *layout, const pg_network *network);

/* Sets what the layers keep for a backward pass. True if that has changed;
   pg_layout_of keeps nothing. */
bool pg_layout_keep(pg_layout *layout, const pg_dropout *dropout);

/* The first unit of panel p, and how many units it has: whole registers. */
size_t pg_layout_panel(size_t *units, const pg_layout *layout, size_t p);

/* True where both are of networks with the same shapes and dtype. */
bool pg_layout_same(const pg_layout *a, const pg_layout *b);

/* The number of outputs for each row: the width of the last layer. */
static inline size_t pg_layout_outputs(const pg_layout *layout)
{
    return layout->width[layout->layers];
}

/* Bytes of a parameter buffer. */
size_t pg_layout_bytes(const pg_layout *layout);

/* The address of an element of a buffer of the layout's dtype. */
static inline void *pg_layout_at(const pg_layout *layout, const void *buffer,
                                 size_t index)
{
    return (char *)buffer + index * pg_dtype_size(layout->dtype);
}

/* Copies a network's arrays, of any view, to a buffer and back. Padding is left
   alone. */
void pg_layout_pack(const pg_layout *layout, void *buffer,
                    const pg_network *network);
void pg_layout_unpack(const pg_layout *layout, const pg_network *network,
                      const void *buffer);

/* "784-100-10" into a buffer of PG_LAYOUT_TEXT bytes; returns it. */
enum { PG_LAYOUT_TEXT = 400 };
const char *pg_layout_text(char *text, const pg_layout *layout);

#endif
