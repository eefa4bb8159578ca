/*
 * update.h -- a step of gradient descent, in place, as the notebook's update
 * has it.
 */
#ifndef PG_UPDATE_H
#define PG_UPDATE_H

#include "network/network.h"

/* W_l -= rate * dW_l, b_l -= rate * db_l. PG_ESHAPE, naming both shapes, and
   PG_ENOMEM, before anything is changed. */
pg_status pg_update(const pg_network *network, const pg_network *gradients,
                    double rate, pg_error *err);

#endif
