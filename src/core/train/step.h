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
 *     backward    d[last] = the loss's derivative by z / divisor of the step;
 *                     of cross-entropy (a[last] - onehot(labels)) / rows
 *                 d[l - 1] = (d[l] W_l) * f'(z_(l - 1)), where f' is computed
 *                     from a[l - 1], because z is not kept
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

/* a[l] (n, padded l + 1) of all layers, from x (n, inputs); n is at most
   pg_workspace_rows. */
void pg_step_forward(const pg_workspace *w, const void *weights,
                     const pg_row_block *x, size_t n);

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
                      const void *weights, const pg_row_block *x, size_t n);

#endif
