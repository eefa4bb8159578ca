/*
 * predict.h -- the labels, probabilities or real numbers that a network gives
 * to rows, and how good they are, block by block.
 */
#ifndef PG_PREDICT_H
#define PG_PREDICT_H

#include "train/targets.h"

/* Predictions of the network for each row of x (n, inputs) times scale. By the
   losses of classes int64 class numbers (n), from 0: of cross-entropy the most
   likely one, the first of equals; of binary cross-entropy 1 where the score is
   above 0. By the mean squared error the outputs (n, outputs), of the network's
   dtype. PG_ESHAPE names both shapes, PG_EFINITE the row, column and value of a
   number that is not finite, or the row whose outputs are not. */
pg_status pg_network_predict(pg_array *out, const pg_network *network,
                             const pg_array *x, double scale, pg_error *err);

/* The probability of each class for each row of x (n, inputs) times scale:
   (n, classes) of the network's dtype. Errors as above; PG_EARG for a loss
   without classes. */
pg_status pg_network_predict_proba(pg_array *out, const pg_network *network,
                                   const pg_array *x, double scale,
                                   pg_error *err);

/* How well a network knows some rows. */
typedef struct pg_evaluation {
    double loss;     /* the mean, as in a step of these rows (targets.h) */
    bool has_labels; /* there are labels, and so an accuracy */
    double accuracy; /* 0..1 */
} pg_evaluation;

/* Evaluates the network on x (n, inputs) times scale, n at least 1, and targets
   y, as pg_targets_read gives them. confusion (NULL: not wanted) is int64
   (classes, classes): the number of rows of class i that were predicted as j.
   Where y are no labels it is empty, and predicted is what pg_network_predict
   gives; else that is empty. Errors as above, and those of pg_targets_new. */
pg_status pg_network_evaluate(pg_evaluation *evaluation, pg_array *confusion,
                              pg_array *predicted, const pg_network *network,
                              const pg_array *x, double scale,
                              const pg_array *y, const pg_loss_options *options,
                              pg_error *err);

#endif
