/* Broadcasting and indexing, backward: sums, and zeros with something added. */

#include "neural/backward.h"

#include <string.h>

#include "array/copy.h"
#include "ops/reduce.h"
#include "ops/select.h"

/* --- forms ---------------------------------------------------------------- */

pg_form pg_form_of(const pg_array *a)
{
    pg_form form = {.dtype = a->dtype, .ndim = a->ndim};
    memcpy(form.shape, a->shape, sizeof form.shape);
    return form;
}

pg_status pg_form_array(pg_array *out, const pg_form *form, pg_error *err)
{
    pg_array zero = {0};
    memset(out, 0, sizeof *out);
    pg_status status = pg_array_zeros(&zero, form->dtype, 0, NULL, err);
    if (status == PG_OK)
        status =
            pg_array_broadcast_view(out, &zero, form->ndim, form->shape, err);
    pg_array_release(&zero);
    return status;
}

bool pg_form_fits(const pg_form *form, const pg_array *a)
{
    return a->dtype == form->dtype && a->ndim == form->ndim &&
           memcmp(a->shape, form->shape, (size_t)a->ndim * sizeof *a->shape) ==
               0;
}

/* --- broadcasting --------------------------------------------------------- */

/* *axes = those of a that the form lacks, or has at length 1. */
static pg_status find_broadcast(unsigned *axes, const pg_array *a,
                                const pg_form *form, pg_error *err)
{
    char from[PG_SHAPE_TEXT], to[PG_SHAPE_TEXT];
    int missing = a->ndim - form->ndim;
    bool fits = missing >= 0;
    *axes = 0;
    for (int i = 0; fits && i < a->ndim; i++) {
        size_t length = i < missing ? 1 : form->shape[i - missing];
        if (i < missing || length != a->shape[i])
            *axes |= PG_AXIS(i);
        fits = length == a->shape[i] || length == 1;
    }
    if (fits)
        return PG_OK;
    return pg_fail(err, PG_ESHAPE, "shape %s does not broadcast to %s",
                   pg_shape_text_of(from, form->ndim, form->shape),
                   pg_shape_text(to, a));
}

pg_status pg_sum_to(pg_array *out, const pg_array *a, const pg_form *form,
                    pg_error *err)
{
    unsigned axes;
    pg_array sums = {0}, view = {0};
    memset(out, 0, sizeof *out);
    pg_status status = find_broadcast(&axes, a, form, err);
    if (status == PG_OK && axes == 0)
        return pg_array_astype(out, a, form->dtype, err);
    if (status == PG_OK)
        status = pg_reduce(&sums, PG_SUM, a, axes, true, err);
    if (status == PG_OK)
        status = pg_array_reshape(&view, &sums, form->ndim, form->shape, err);
    if (status == PG_OK && view.dtype != form->dtype)
        status = pg_array_astype(out, &view, form->dtype, err);
    else if (status == PG_OK)
        pg_array_view(out, &view);
    pg_array_release(&sums);
    pg_array_release(&view);
    return status;
}

pg_status pg_broadcast_to(pg_array *out, const pg_array *a, const pg_form *form,
                          pg_error *err)
{
    pg_array view;
    memset(out, 0, sizeof *out);
    pg_status status =
        pg_array_broadcast_view(&view, a, form->ndim, form->shape, err);
    if (status == PG_OK)
        status = pg_array_astype(out, &view, form->dtype, err);
    pg_array_release(&view);
    return status;
}

/* --- indexing ------------------------------------------------------------- */

static pg_status make_zeros(pg_array *out, const pg_form *form, pg_error *err)
{
    return pg_array_zeros(out, form->dtype, form->ndim, form->shape, err);
}

/* No element is taken twice, so that an assignment will do. */
pg_status pg_add_at(pg_array *out, const pg_form *form, const pg_index *indices,
                    int count, const pg_array *g, pg_error *err)
{
    pg_array taken = {0};
    pg_status status = make_zeros(out, form, err);
    if (status == PG_OK)
        status = pg_index_view(&taken, out, indices, count, err);
    if (status == PG_OK)
        status = pg_array_assign(&taken, g, err);
    pg_array_release(&taken);
    return pg_array_end(out, status, err);
}

pg_status pg_add_at_mask(pg_array *out, const pg_form *form,
                         const pg_array *mask, const pg_array *g, pg_error *err)
{
    pg_status status = make_zeros(out, form, err);
    if (status == PG_OK)
        status = pg_assign_masked(out, mask, g, err);
    return pg_array_end(out, status, err);
}

pg_status pg_add_at_positions(pg_array *out, const pg_form *form,
                              const pg_array *positions, int axis,
                              const pg_array *g, pg_error *err)
{
    pg_status status = make_zeros(out, form, err);
    if (status == PG_OK)
        status = pg_add_taken(out, positions, axis, g, err);
    return pg_array_end(out, status, err);
}
