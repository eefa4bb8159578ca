/*
 * descent.h -- gradient descent on a list of arrays, of which others compute
 * the gradients: the weights of a model with a forward function of its own.
 */
#ifndef PG_DESCENT_H
#define PG_DESCENT_H

#include "array/array.h"
#include "comm/sum_tree.h"
#include "train/optimizer.h"

typedef struct pg_descent pg_descent;

/* A descent on arrays like these (count), without an optimizer's steps yet. All
   have one dtype, float32 or float64: PG_EDTYPE names the array. PG_ENOMEM. */
pg_status pg_descent_new(pg_descent **descent, const pg_array *const *arrays,
                         size_t count, pg_error *err);
void pg_descent_free(pg_descent *descent); /* NULL is allowed */

/* Changes the weights, of any view, by their gradients; both lists have the
   number of arrays, and their shapes and dtype: PG_ESHAPE and PG_EDTYPE name
   the array. Another optimizer than the last step's begins with states of 0.
   PG_EFINITE where a gradient or a new weight is not finite: *culprit is its
   array's number, from 0. A step that fails leaves the weights as they were,
   and the last step's optimizer too, unless that gave weights that are not
   finite: then it is cleared. PG_ENOMEM; PG_EINTERRUPT. */
pg_status pg_descent_step(size_t *culprit, pg_descent *descent,
                          const pg_array *const *weights,
                          const pg_array *const *gradients,
                          const pg_optimizer_settings *settings, pg_error *err);

/* A rank's part of a step that ranks share. */
typedef struct pg_descent_share {
    pg_comm *comm;
    bool is_fast;  /* sums are added in any order */
    bool has_rows; /* false: the rank's loss and gradients are 0 */
    double loss;   /* the sum over the rank's rows */
    double weight; /* of these rows */
    uint64_t tag;  /* what the ranks must agree on */
} pg_descent_share;

/* Replaces the gradients, which are sums over this rank's rows, by those of all
   ranks divided by the weight of all rows; *loss likewise. *first is the first
   rank that has rows. The sums of the ranks
   are added in a tree: the same bits each time, for one number of ranks.
   PG_EARG where the weight of all rows is 0, or the ranks make different steps;
   PG_EIO; PG_ESHAPE and PG_EDTYPE as above. */
pg_status pg_descent_add_ranks(double *loss, int *first, pg_descent *descent,
                               const pg_array *const *gradients,
                               const pg_descent_share *own, pg_error *err);

/* The optimizer of the last step, and the number of its steps. */
pg_optimizer_kind pg_descent_optimizer(uint64_t *steps,
                                       const pg_descent *descent);

/* Reads one of the optimizer's states, from 0, into arrays of the weights'
   shapes, or writes it from them. PG_EARG for a state that it does not have;
   PG_ESHAPE and PG_EDTYPE. */
pg_status pg_descent_read_state(const pg_array *const *into,
                                const pg_descent *descent, int state,
                                pg_error *err);
pg_status pg_descent_write_state(pg_descent *descent, int state,
                                 const pg_array *const *from, pg_error *err);

/* Replaces the optimizer by one with this number of steps and with states of 0,
   for pg_descent_write_state to fill. PG_ENOMEM leaves it as it was. */
pg_status pg_descent_set_optimizer(pg_descent *descent,
                                   pg_optimizer_kind optimizer, uint64_t steps,
                                   pg_error *err);

#endif
