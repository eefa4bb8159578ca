/*
 * predict.h -- the labels that a network gives to rows, block by block.
 */
#ifndef PG_PREDICT_H
#define PG_PREDICT_H

#include "network.h"

/* The most likely class of each row of x (n, inputs) times scale: int64 class
   numbers (n), from 0, the first of equals. PG_ESHAPE names both shapes,
   PG_EFINITE the row, column and value of a number that is not finite. */
pg_status pg_network_predict(pg_array *out, const pg_network *network,
                             const pg_array *x, double scale, pg_error *err);

#endif
