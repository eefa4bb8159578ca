/* Checks of a network's arrays, and their first values. */

#include "train/network.h"

#include <limits.h>
#include <math.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "ops/random.h"

#define ACTIVATION_NAME(upper, lower, source) #lower,
const char *const pg_activation_names[PG_ACTIVATIONS + 1] = {
    PG_ACTIVATION_LIST(ACTIVATION_NAME) NULL};

#define LOSS_NAME(upper, lower, output) #lower,
const char *const pg_loss_names[PG_LOSSES + 1] = {PG_LOSS_LIST(LOSS_NAME) NULL};

#define ACTIVATION_SOURCE(upper, lower, source) source,
static const pg_derivative_source sources[] = {
    PG_ACTIVATION_LIST(ACTIVATION_SOURCE)};

pg_derivative_source pg_activation_source(pg_activation activation)
{
    return sources[activation];
}

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

pg_status pg_dropout_check(const pg_dropout *dropout, int layers, pg_error *err)
{
    for (int l = 0; l < layers - 1; l++)
        if (!(dropout->p[l] >= 0 && dropout->p[l] < 1))
            return pg_fail(err, PG_EARG,
                           "the dropout of hidden layer %d must be from 0 to "
                           "below 1",
                           l + 1);
    return PG_OK;
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
        pg_assert(!network->W[l]->data && !network->b[l]->data);
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
