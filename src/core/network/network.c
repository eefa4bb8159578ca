#include "network/network.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "array/copy.h"
#include "array/cast.h"
#include "base/interrupt.h"
#include "kernels/kernels.h"
#include "ops/random.h"

/* --- checks --------------------------------------------------------------- */

static pg_status check_layers(const pg_network *network, pg_error *err)
{
    if (network->layers >= 1 && network->layers <= PG_MAX_LAYERS)
        return PG_OK;
    return pg_fail(err, PG_EARG, "a network has 1 to %d layers, not %d",
                   PG_MAX_LAYERS, network->layers);
}

/* W_l must be (anything but 0, inputs), b_l (1, rows of W_l). */
static pg_status check_layer(const pg_network *network, int l, pg_error *err)
{
    const pg_array *W = network->W[l], *b = network->b[l];
    char tw[PG_SHAPE_TEXT], tb[PG_SHAPE_TEXT];
    if (W->ndim != 2 || W->shape[0] == 0 || W->shape[1] == 0)
        return pg_fail(err, PG_ESHAPE,
                       "W%d must be a matrix of at least one element, not of "
                       "shape %s",
                       l + 1, pg_shape_text(tw, W));
    if (W->shape[0] > INT_MAX || W->shape[1] > INT_MAX)
        return pg_fail(err, PG_ESHAPE,
                       "a length of W%d in %s is more than BLAS takes", l + 1,
                       pg_shape_text(tw, W));
    if (b->ndim != 2 || b->shape[0] != 1 || b->shape[1] != W->shape[0])
        return pg_fail(err, PG_ESHAPE,
                       "b%d of shape %s does not fit W%d of shape %s: it must "
                       "be (1, %zu)",
                       l + 1, pg_shape_text(tb, b), l + 1, pg_shape_text(tw, W),
                       W->shape[0]);
    if (l > 0 && W->shape[1] != network->W[l - 1]->shape[0])
        return pg_fail(err, PG_ESHAPE,
                       "W%d of shape %s does not fit W%d of shape %s: its "
                       "columns must be the other's rows",
                       l + 1, pg_shape_text(tw, W), l,
                       pg_shape_text(tb, network->W[l - 1]));
    return PG_OK;
}

static pg_status check_dtype(const pg_array *a, const char *name, int l,
                             pg_dtype dtype, pg_error *err)
{
    if (!pg_dtype_is_float(a->dtype))
        return pg_fail(err, PG_EDTYPE,
                       "%s%d is %s; a network is float32 or float64", name,
                       l + 1, pg_dtype_name(a->dtype));
    if (a->dtype != dtype)
        return pg_fail(err, PG_EDTYPE,
                       "%s%d is %s where W1 is %s; a network has one dtype",
                       name, l + 1, pg_dtype_name(a->dtype),
                       pg_dtype_name(dtype));
    return PG_OK;
}

pg_status pg_network_check(const pg_network *network, pg_error *err)
{
    pg_status status = check_layers(network, err);
    for (int l = 0; l < network->layers && status == PG_OK; l++) {
        pg_dtype dtype = network->W[0]->dtype;
        status = check_layer(network, l, err);
        if (status == PG_OK)
            status = check_dtype(network->W[l], "W", l, dtype, err);
        if (status == PG_OK)
            status = check_dtype(network->b[l], "b", l, dtype, err);
    }
    return status;
}

static pg_status check_gradient(const pg_array *g, const pg_array *w,
                                const char *name, int l, pg_error *err)
{
    char tg[PG_SHAPE_TEXT], tw[PG_SHAPE_TEXT];
    if (pg_array_same_shape(g, w))
        return PG_OK;
    return pg_fail(
        err, PG_ESHAPE, "d%s%d of shape %s does not fit %s%d of shape %s", name,
        l + 1, pg_shape_text(tg, g), name, l + 1, pg_shape_text(tw, w));
}

pg_status pg_network_check_gradients(const pg_network *gradients,
                                     const pg_network *network, pg_error *err)
{
    pg_status status = pg_network_check(network, err);
    if (status == PG_OK && gradients->layers != network->layers)
        return pg_fail(err, PG_ESHAPE,
                       "gradients of %d layers do not fit weights of %d",
                       gradients->layers, network->layers);
    for (int l = 0; l < network->layers && status == PG_OK; l++) {
        status = check_gradient(gradients->W[l], network->W[l], "W", l, err);
        if (status == PG_OK)
            status =
                check_gradient(gradients->b[l], network->b[l], "b", l, err);
    }
    return status;
}

pg_status pg_network_check_input(const pg_network *network, const pg_array *x,
                                 pg_error *err)
{
    pg_status status = pg_network_check(network, err);
    char tx[PG_SHAPE_TEXT], tw[PG_SHAPE_TEXT];
    if (status == PG_OK &&
        (x->ndim != 2 || x->shape[1] != network->W[0]->shape[1]))
        return pg_fail(err, PG_ESHAPE,
                       "x of shape %s does not fit W1 of shape %s: it must be "
                       "(rows, %zu)",
                       pg_shape_text(tx, x), pg_shape_text(tw, network->W[0]),
                       network->W[0]->shape[1]);
    return status;
}

/* --- initialization ------------------------------------------------------- */

static pg_status draw_weights(pg_array *W, pg_dtype dtype, const size_t *shape,
                              struct pg_random *random, pg_error *err)
{
    pg_array drawn;
    pg_status status = pg_array_new(&drawn, PG_FLOAT64, 2, shape, err);
    if (status != PG_OK)
        return status;
    double *w = drawn.data, factor = sqrt(1.0 / (double)shape[1]);
    size_t n = pg_array_size(&drawn);
    pg_random_normal(random, w, n);
    PG_EACH (i, n)
        w[i] *= factor;
    status = pg_array_astype(W, &drawn, dtype, err);
    pg_array_release(&drawn);
    return status;
}

pg_status pg_network_initialize(const pg_network *network, pg_dtype dtype,
                                const size_t *widths, struct pg_random *random,
                                pg_error *err)
{
    pg_random before = *random;
    pg_status status = check_layers(network, err);
    if (status != PG_OK)
        return status;
    for (int l = 0; l <= network->layers; l++)
        if (widths[l] == 0)
            return pg_fail(err, PG_EARG, "a layer needs at least one unit");
    for (int l = 0; l < network->layers && status == PG_OK; l++) {
        size_t weights[2] = {widths[l + 1], widths[l]};
        size_t biases[2] = {1, widths[l + 1]};
        status = draw_weights(network->W[l], dtype, weights, random, err);
        if (status == PG_OK)
            status = pg_array_zeros(network->b[l], dtype, 2, biases, err);
    }
    for (int l = 0; l < network->layers && status != PG_OK; l++) {
        pg_array_release(network->W[l]);
        pg_array_release(network->b[l]);
    }
    if (status != PG_OK)
        *random = before;
    return status;
}

/* --- one run of numbers --------------------------------------------------- */

static void set_widths(pg_layout *layout, const pg_network *network)
{
    *layout =
        (pg_layout){.layers = network->layers, .dtype = network->W[0]->dtype};
    layout->width[0] = network->W[0]->shape[1];
    for (int l = 0; l < network->layers; l++)
        layout->width[l + 1] = network->W[l]->shape[0];
    memcpy(layout->stride, layout->width, sizeof layout->stride);
    memcpy(layout->activation, network->activation, sizeof layout->activation);
}

static void set_offsets(pg_layout *layout)
{
    for (int l = 0; l < layout->layers; l++) {
        size_t rows = layout->panels && l == 0 ? layout->stride[l + 1]
                                               : layout->width[l + 1];
        layout->W[l] = layout->count;
        layout->b[l] = layout->W[l] + rows * layout->stride[l];
        layout->count = layout->b[l] + layout->stride[l + 1];
    }
}

void pg_layout_of(pg_layout *layout, const pg_network *network)
{
    set_widths(layout, network);
    set_offsets(layout);
}

void pg_layout_sparse_of(pg_layout *layout, const pg_network *network)
{
    set_widths(layout, network);
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t vectors = pg_size_divide_up(layout->width[1], k->lanes);
    layout->panels = pg_size_divide_up(vectors, k->most_vectors);
    layout->stride[1] = vectors * k->lanes;
    set_offsets(layout);
    layout->count = pg_size_divide_up(layout->count, k->lanes) * k->lanes;
}

size_t pg_layout_panel(size_t *units, const pg_layout *layout, size_t p)
{
    size_t lanes = pg_kernels_for(layout->dtype)->lanes;
    size_t vectors = layout->stride[1] / lanes;
    size_t first = vectors * p / layout->panels;
    *units = (vectors * (p + 1) / layout->panels - first) * lanes;
    return first * lanes;
}

bool pg_layout_same(const pg_layout *a, const pg_layout *b)
{
    return a->layers == b->layers && a->dtype == b->dtype &&
           memcmp(a->width, b->width, sizeof a->width) == 0;
}

void *pg_layout_at(const pg_layout *layout, const void *run, size_t offset)
{
    return (char *)run + offset * pg_dtype_size(layout->dtype);
}

/* b_l of a run, as an array that borrows it. */
static void run_bias(pg_array *b, const pg_layout *layout, const void *run,
                     int l)
{
    pg_array_borrow(b, pg_layout_at(layout, run, layout->b[l]), layout->dtype,
                    2, (const size_t[]){1, layout->width[l + 1]});
}

/* The same for W_l, where it is not in panels. */
static void run_weights(pg_array *W, const pg_layout *layout, const void *run,
                        int l)
{
    size_t shape[2] = {layout->width[l + 1], layout->width[l]};
    pg_array_borrow(W, pg_layout_at(layout, run, layout->W[l]), layout->dtype,
                    2, shape);
    W->strides[0] =
        (ptrdiff_t)(layout->stride[l] * pg_dtype_size(layout->dtype));
}

/* Panel p of a run, and the rows of W1 that it has, as arrays of the same
   shape; neither holds what it shows. */
static void run_panel(pg_array *panel, pg_array *rows, const pg_layout *layout,
                      const void *run, const pg_array *W1, size_t p)
{
    ptrdiff_t size = (ptrdiff_t)pg_dtype_size(layout->dtype);
    size_t units, inputs = layout->width[0];
    size_t first = pg_layout_panel(&units, layout, p);
    size_t count = pg_size_min(units, layout->width[1] - first);
    pg_array_borrow(panel,
                    pg_layout_at(layout, run, layout->W[0] + first * inputs),
                    layout->dtype, 2, (const size_t[]){count, inputs});
    panel->strides[0] = size;
    panel->strides[1] = (ptrdiff_t)units * size;
    *rows = *W1;
    rows->data = (char *)W1->data + (ptrdiff_t)first * W1->strides[0];
    rows->shape[0] = count;
}

/* Between a part of a run and the network's array, of the same shape. */
static void copy_part(const pg_array *part, const pg_array *a, bool pack)
{
    if (pack)
        pg_cast_array(part, a);
    else
        pg_cast_array(a, part);
}

static void copy_run(const pg_layout *layout, const void *run,
                     const pg_network *network, bool pack)
{
    pg_array part, rows;
    for (size_t p = 0; p < layout->panels; p++) {
        run_panel(&part, &rows, layout, run, network->W[0], p);
        copy_part(&part, &rows, pack);
    }
    for (int l = 0; l < layout->layers; l++) {
        if (l > 0 || !layout->panels) {
            run_weights(&part, layout, run, l);
            copy_part(&part, network->W[l], pack);
        }
        run_bias(&part, layout, run, l);
        copy_part(&part, network->b[l], pack);
    }
}

void pg_layout_pack(const pg_layout *layout, void *run,
                    const pg_network *network)
{
    copy_run(layout, run, network, true);
}

void pg_layout_unpack(const pg_layout *layout, const pg_network *network,
                      const void *run)
{
    const pg_interrupt *listened = pg_set_interrupt(NULL);
    copy_run(layout, run, network, false);
    pg_set_interrupt(listened);
}

const char *pg_layout_text(char *text, const pg_layout *layout)
{
    size_t used = 0;
    for (int l = 0; l <= layout->layers; l++)
        used += (size_t)snprintf(text + used, PG_LAYOUT_TEXT - used,
                                 l ? "-%zu" : "%zu", layout->width[l]);
    return text;
}
