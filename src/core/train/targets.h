/*
 * targets.h -- what a network is to learn: a label for each row (rank 1), or a
 * row of numbers for each (rank 2).
 *
 * A loss takes rows t (kernels.h). Of labels or probabilities y they are
 *
 *     t_c = w_c ((1 - s) y_c + s / classes)
 *
 * with the label smoothing s and the class weights w; of real numbers they are
 * these. Labels stand for their one-hot rows. Binary cross-entropy has two
 * classes and one output, the score of class 1.
 *
 * A step's loss and gradient are sums over its rows, divided by the step's
 * divisor: the number of rows; with labels and class weights the sum of the
 * labels' weights, as PyTorch's; for the mean squared error the number of
 * outputs of all rows.
 */
#ifndef PG_TARGETS_H
#define PG_TARGETS_H

#include "train/layout.h"

/* --- reading y ------------------------------------------------------------ */

/* The int32 labels (n) of y: rank 1 as pg_labels_check takes them, rank 2
   one-hot. *classes is the number of classes, or 0 to find it: y's columns, or
   the largest label + 1, and no more than there are rows. PG_EARG names the row
   of a label outside the classes, or that is not one-hot; PG_ESHAPE when y's
   columns are not the classes. */
pg_status pg_targets_labels(pg_array *out, size_t *classes, const pg_array *y,
                            pg_error *err);

/* The targets that a loss takes, from y, of any dtype: labels (n) int32, or
   rows (n, outputs) of dtype. *outputs is the number of outputs, or 0 to find
   it.
   Cross-entropy: as above, or where rows are not one-hot, probabilities that
   add up to 1. Binary cross-entropy: (n) or (n, 1), labels 0 and 1, or else
   probabilities of class 1. Mean squared error: (n) or (n, ...), of which rank
   1 becomes (n, 1), all finite. PG_EARG and PG_EFINITE name the row;
   PG_ESHAPE. */
pg_status pg_targets_read(pg_array *out, size_t *outputs, const pg_array *y,
                          pg_loss loss, pg_dtype dtype, pg_error *err);

/* y as (n, classes) of dtype, for activations a (n, classes): labels become
   one-hot rows; what has rank 2 stays as it is. PG_ESHAPE names both shapes. */
pg_status pg_targets_rows(pg_array *out, const pg_array *y, const pg_array *a,
                          pg_dtype dtype, pg_error *err);

/* --- targets of a loss ---------------------------------------------------- */

/* Options of a loss for its targets; zeroed: they are taken as they are. */
typedef struct pg_loss_options {
    double label_smoothing;       /* 0..1 */
    const pg_array *class_weight; /* (classes) float64; NULL: all are 1 */
} pg_loss_options;

/* The targets of all rows; zeroed: nothing to release. */
typedef struct pg_targets {
    pg_array labels; /* (n) int32; zeroed where there are rows */
    pg_array rows;   /* (n, columns) of the layout's dtype, else zeroed */
    size_t columns;  /* of rows t: the outputs; of binary cross-entropy 2 */
    bool are_real;   /* of the mean squared error */
    pg_array class_weight; /* (columns) float64; zeroed: all are 1 */
    pg_array scale, shift; /* (columns): t = y * scale + shift; zeroed: t = y */
} pg_targets;

/* A copy of y, as pg_targets_read gives it, for x's rows, and for the layout's
   loss and outputs. PG_ESHAPE names both shapes,
   PG_EDTYPE, PG_EARG the row of a label that is not below the classes, or the
   option that does not fit the loss. */
pg_status pg_targets_new(pg_targets *t, const pg_array *y, const pg_array *x,
                         const pg_layout *layout,
                         const pg_loss_options *options, pg_error *err);
void pg_targets_release(pg_targets *t);

/* The copy: labels, or rows. */
const pg_array *pg_targets_array(const pg_targets *t);

/* True where a step's divisor depends on which labels its rows have. */
bool pg_targets_weigh_labels(const pg_targets *t);

/* Adds to counts (columns) the rows of each label: of those at the n positions
   in batch, which count from 1, or where batch is NULL of the first n. Where
   labels are weighed. */
void pg_targets_count(int64_t *counts, const pg_targets *t,
                      const int64_t *batch, size_t n);

/* The divisor of a step of n rows; where labels are weighed, with these counts,
   which are else not used. PG_EARG where it is 0, because all of the labels'
   classes have the weight 0. */
pg_status pg_targets_divisor_of(double *divisor, const pg_targets *t, size_t n,
                                const int64_t *counts, pg_error *err);

/* The sum of the weights of the labels at the n positions in batch; 0 for none.
   PG_ENOMEM. */
pg_status pg_targets_weight(double *weight, const pg_targets *t,
                            const int64_t *batch, size_t n, pg_error *err);

/* The divisor of a step of the n rows at the positions in batch, or where that
   is NULL of all rows. PG_ENOMEM; PG_EARG as above. */
pg_status pg_targets_divisor(double *divisor, const pg_targets *t,
                             const int64_t *batch, size_t n, pg_error *err);

/* The targets of a block of n rows. */
typedef struct pg_target_block {
    const int32_t *labels; /* (n), of plain cross-entropy; NULL: rows */
    const void *rows;      /* (n, columns): t */
} pg_target_block;

/* Elements of a row t. */
size_t pg_targets_columns(const pg_layout *layout);

/* The targets of rows first .. first + n - 1, or of those at the n positions in
   batch. Writes them to labels (n) and rows (n, columns) where they are not in
   memory as they are needed. */
pg_target_block pg_targets_block(const pg_targets *t, int32_t *labels,
                                 void *rows, const int64_t *batch, size_t first,
                                 size_t n);

#endif
