/*
 * inputs.h -- the two products of the first layer, which have all of the work:
 * x W1^T and dZ1^T x for a block of rows, dense by CBLAS, or without x's zeros.
 */
#ifndef PG_INPUTS_H
#define PG_INPUTS_H

#include "ops/linalg.h"
#include "network/network.h"
#include "rows/sparse.h"

/* A block of x: dense, or the tiles of what was compressed. */
typedef struct pg_inputs {
    pg_matrix x;
    size_t column_tiles; /* 0: dense */
    const pg_tile *columns;
    const pg_tile *rows; /* NULL: the gradient, too, goes by those of columns */
    const void *table;   /* of the codes, scaled */
} pg_inputs;

/* z (rows, stride of layer 1) = x W1^T; weights is a run. */
void pg_inputs_forward(void *z, const pg_inputs *inputs,
                       const pg_layout *layout, const void *weights,
                       size_t rows);

/* Adds dz^T x, dz (rows, stride of layer 1), to dW1 in the run of gradients.
   scratch: pg_inputs_scratch elements. */
void pg_inputs_gradient(void *gradients, const pg_inputs *inputs,
                        const pg_layout *layout, const void *dz, void *scratch,
                        size_t rows);
size_t pg_inputs_scratch(const pg_layout *layout);

#endif
