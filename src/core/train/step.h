/*
 * step.h -- the mathematics of a training step: forward, loss and backward.
 *
 * A block of n rows goes forward and backward in a workspace, while it is in
 * cache; nothing of size rows x hidden is kept. Layers count from 0 here. With
 * a[-1] = x, f the activation and W_l (units, inputs of the layer):
 *
 *     forward     z_l = a[l - 1] W_l^T + b_l,  a[l] = f(z_l); a[last] are the
 *                     softmax of z for cross-entropy, z for the other losses
 *     loss        the sum over the rows; of cross-entropy
 *                     -sum(log(a[last][row, label] + 1e-9))
 *     dropout     in a training step a[l] loses the elements that
 *                 dropout drops, and d[l] the same
 *     backward    d[last] = the loss's derivative by z / divisor of the step;
 *                     of cross-entropy (a[last] - onehot(labels)) / rows
 *                 d[l - 1] = (d[l] W_l) * f'(z_(l - 1)), where f' is computed
 *                     from a[l - 1], because z is not kept, or from what the
 *                     layer keeps
 *                 dW_l = d[l]^T a[l - 1],  db_l = sum of d[l]'s rows
 *
 * Weights and gradients are parameter buffers (layout.h). optimizer.h has the
 * update.
 */
#ifndef PG_STEP_H
#define PG_STEP_H

#include "rows/rows.h"
#include "train/layout.h"
#include "train/targets.h"

/* A thread's memory for a block of pg_workspace_rows rows. */
typedef struct pg_workspace {
    const pg_layout *layout;
    void *x;                /* rows that are converted or gathered */
    int32_t *labels;        /* (rows) gathered */
    void *targets;          /* (rows, columns) t, gathered or made of labels */
    void *panel;            /* (PG_TILE, units of a panel) */
    void *a[PG_MAX_LAYERS]; /* (rows, padded l + 1): activations */
    void *kept[PG_MAX_LAYERS]; /* z, or a before its dropout, of layers that
                                  keep it; NULL: a serves */
    void *d[PG_MAX_LAYERS]; /* derivative of the loss by z; the last is a's */
    void *memory;
    size_t bytes;
} pg_workspace;

/* Rows of a block. Dense, 256 were measured to be best at 784 inputs, and fewer
   where rows are wide; sparse, those of a compressed block. A function of the
   layout alone, because results depend on it. */
size_t pg_workspace_rows(const pg_layout *layout);

/* A workspace for blocks and batches of these rows. PG_ENOMEM. */
pg_status pg_workspace_new(pg_workspace *w, const pg_layout *layout,
                           const pg_rows *rows, pg_error *err);
void pg_workspace_release(pg_workspace *w);

/* Rows of a step: a block of n, at most pg_workspace_rows, of which the first
   has this position in the step, and their dropout. */
typedef struct pg_step_rows {
    pg_row_block x; /* (n, inputs) */
    size_t first, n;
    const pg_dropout *dropout; /* NULL: none */
} pg_step_rows;

/* a[l] (n, padded l + 1) of all layers, and what layers keep. */
void pg_step_forward(const pg_workspace *w, const void *weights,
                     const pg_step_rows *rows);

/* Keeps what the backward pass of each layer needs, from a[l] of all layers
 * without dropout. */
void pg_step_keep(const pg_workspace *w, const void *weights,
                  const pg_step_rows *rows);

/* The sum of the losses of n rows; a[last] becomes d[last] (n, outputs),
   divided by the step's divisor. */
double pg_step_loss(const pg_workspace *w, const pg_target_block *targets,
                    double divisor, size_t n);

/* A parameter buffer to which blocks add their gradients. */
typedef struct pg_gradients {
    void *buffer;
    bool is_empty; /* stands for zeros, and the buffer is not initialised */
} pg_gradients;

/* Adds dW_l and db_l of all layers to the gradients, from d[last]. */
void pg_step_backward(pg_gradients *gradients, const pg_workspace *w,
                      const void *weights, const pg_step_rows *rows);

#endif
