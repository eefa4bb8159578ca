/*
 * predict.h -- the labels and probabilities that a network gives to rows, and
 * how good they are, block by block.
 */
#ifndef PG_PREDICT_H
#define PG_PREDICT_H

#include "train/network.h"

/* The most likely class of each row of x (n, inputs) times scale: int64 class
   numbers (n), from 0, the first of equals. PG_ESHAPE names both shapes,
   PG_EFINITE the row, column and value of a number that is not finite, or the
   row whose probabilities are not. */
pg_status pg_network_predict(pg_array *out, const pg_network *network,
                             const pg_array *x, double scale, pg_error *err);

/* The probability of each class for each row of x (n, inputs) times scale:
   (n, classes) of the network's dtype. Errors as above. */
pg_status pg_network_predict_proba(pg_array *out, const pg_network *network,
                                   const pg_array *x, double scale,
                                   pg_error *err);

/* How well a network knows some rows. */
typedef struct pg_evaluation {
    double loss;     /* mean cross-entropy, with log(a + 1e-9) */
    double accuracy; /* 0..1 */
} pg_evaluation;

/* Evaluates the network on x (n, inputs) times scale, n at least 1, and labels
   (n) int32 below the number of classes. confusion (NULL: not wanted) is int64
   (classes, classes): the number of rows of class i that were predicted as j.
   Errors as above; PG_ESHAPE for no rows or another number of labels, PG_EDTYPE
   and PG_EARG for labels that are no classes. */
pg_status pg_network_evaluate(pg_evaluation *evaluation, pg_array *confusion,
                              const pg_network *network, const pg_array *x,
                              double scale, const pg_array *labels,
                              pg_error *err);

#endif
