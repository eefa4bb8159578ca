/*
 * backward.h -- broadcasting and indexing, backward: what the rules of
 * derivatives need beside the other operations.
 *
 * An operation that broadcasts an operand gives each of its elements to several
 * results, whose gradients are summed. An index takes some elements, whose
 * gradients go back to where they came from; all others have none.
 */
#ifndef PG_BACKWARD_H
#define PG_BACKWARD_H

#include "array/array.h"
#include "array/index.h"

/* The shape and the dtype of an operand or a result. */
typedef struct pg_form {
    pg_dtype dtype;
    int ndim;
    size_t shape[PG_MAXDIM];
} pg_form;

pg_form pg_form_of(const pg_array *a);

/* *out, of this form: zeros, all of them one element in memory. It is to be
   read only. */
pg_status pg_form_array(pg_array *out, const pg_form *form, pg_error *err);

/* True if a has the form. */
bool pg_form_fits(const pg_form *form, const pg_array *a);

/* *out, of this form: a summed over the axes along which the form was broadcast
   to a's shape. PG_ESHAPE if it does not broadcast to it. */
pg_status pg_sum_to(pg_array *out, const pg_array *a, const pg_form *form,
                    pg_error *err);

/* *out, of this form: a, broadcast and cast. PG_ESHAPE if it does not broadcast
   to it. */
pg_status pg_broadcast_to(pg_array *out, const pg_array *a, const pg_form *form,
                          pg_error *err);

/* *out, of this form: zeros, but g at what the indices (index.h), the mask, or
   the positions along an axis (select.h) take from such an array. g has the
   shape of what they take, or broadcasts to it. At positions that come twice it
   adds up. */
pg_status pg_add_at(pg_array *out, const pg_form *form, const pg_index *indices,
                    int count, const pg_array *g, pg_error *err);
pg_status pg_add_at_mask(pg_array *out, const pg_form *form,
                         const pg_array *mask, const pg_array *g,
                         pg_error *err);
pg_status pg_add_at_positions(pg_array *out, const pg_form *form,
                              const pg_array *positions, int axis,
                              const pg_array *g, pg_error *err);

#endif
