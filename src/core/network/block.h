/*
 * block.h -- a block of rows on its way forward and backward through a
 * network, while it is in cache.
 *
 * A pg_block is what one thread needs for it: room for the block's activations
 * and their gradients, for as many rows as pg_block_rows says. Weights and
 * gradients are runs of numbers (pg_layout).
 */
#ifndef PG_BLOCK_H
#define PG_BLOCK_H

#include "network/inputs.h"

typedef struct pg_block {
    void *x; /* (rows, inputs), for rows that are converted; not if sparse */
    void *scratch;
    void *a[PG_MAX_LAYERS]; /* (rows, stride): the layers' outputs */
    void *d[PG_MAX_LAYERS]; /* their gradients; the last layer's is a[last] */
    void *extra; /* bytes that whoever runs the blocks has asked for */
    void *memory;
    size_t bytes;
} pg_block;

/* Rows to a block: dense, 250 were measured to be best at 784 inputs; fewer
   where rows are wide; sparse, those of a compressed block. A function of the
   layout alone, as results depend on it. */
size_t pg_block_rows(const pg_layout *layout);

/* The same for a batch of n rows: where one block could take them all, half of
   them, so that a second thread has work. */
size_t pg_block_batch_rows(const pg_layout *layout, size_t n);

/* PG_ENOMEM leaves it empty; freeing an empty (zeroed) block does nothing. */
pg_status pg_block_new(pg_block *block, const pg_layout *layout, size_t extra,
                       pg_error *err);
void pg_block_free(pg_block *block);

/* The blocks of several threads; zeroed: none. */
enum { PG_MOST_BLOCKS = 64 };
typedef struct pg_blocks {
    int count;
    size_t extra; /* bytes of each block's; set before there are any */
    pg_block *of; /* room for PG_MOST_BLOCKS; NULL: none */
} pg_blocks;

/* Makes it `threads` blocks or more; what is there stays. PG_ENOMEM. */
pg_status pg_blocks_need(pg_blocks *blocks, int threads,
                         const pg_layout *layout, pg_error *err);
void pg_blocks_free(pg_blocks *blocks);

/* block->a from the inputs' rows, at most pg_block_rows. */
void pg_block_forward(const pg_block *block, const pg_layout *layout,
                      const void *weights, const pg_inputs *inputs,
                      size_t rows);

/* After forward: adds to gradients (count) those of the block's rows, divided
   by n, and returns the sum of the rows' losses. labels (rows). */
double pg_block_backward(const pg_block *block, const pg_layout *layout,
                         const void *weights, void *gradients,
                         const pg_inputs *inputs, const int32_t *labels,
                         size_t n, size_t rows);

/* The same but for the last layer's gradient, which is in block->d already, and
   the losses. */
void pg_block_gradients(const pg_block *block, const pg_layout *layout,
                        const void *weights, void *gradients,
                        const pg_inputs *inputs, size_t rows);

#endif
