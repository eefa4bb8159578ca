#include "gradient.h"

#include "dense.h"
#include "kernels.h"
#include "linalg.h"
#include "map.h"
#include "reduce.h"
#include "runtime.h"
#include "scalar.h"
#include "targets.h"

static pg_status check_activations(const pg_array *const *a, const pg_array *x,
                                   const pg_network *network, pg_error *err)
{
    char ta[PG_SHAPE_TEXT], tx[PG_SHAPE_TEXT], tw[PG_SHAPE_TEXT];
    for (int l = 0; l < network->layers; l++) {
        const pg_array *W = network->W[l];
        if (!pg_dtype_is_float(a[l]->dtype))
            return pg_fail(err, PG_EDTYPE,
                           "A%d is %s; activations are float32 or float64",
                           l + 1, pg_dtype_name(a[l]->dtype));
        if (a[l]->ndim != 2 || a[l]->shape[0] != x->shape[0] ||
            a[l]->shape[1] != W->shape[0])
            return pg_fail(err, PG_ESHAPE,
                           "A%d of shape %s does not fit x of shape %s and "
                           "W%d of shape %s",
                           l + 1, pg_shape_text(ta, a[l]), pg_shape_text(tx, x),
                           l + 1, pg_shape_text(tw, W));
    }
    return PG_OK;
}

/* dz = (a - y) / n */
static pg_status last_gradient(pg_array *dz, const pg_array *a,
                               const pg_array *y, pg_error *err)
{
    pg_array rows, n;
    pg_element element;
    pg_scalar count = {.kind = 'f', .as.f = (double)a->shape[0]};
    pg_status status = pg_targets_rows(&rows, y, a, a->dtype, err);
    if (status == PG_OK)
        status = pg_binary(dz, PG_SUBTRACT, a, &rows, err);
    if (status == PG_OK)
        status = pg_scalar_operand(&n, &element, count, dz->dtype, false, err);
    if (status == PG_OK)
        status = pg_binary_into(dz, PG_DIVIDE, dz, &n, err);
    pg_array_release(&rows);
    return status;
}

/* d = d * a * (1 - a) in place, both dense and of one dtype. */
static void through_sigmoid(const pg_array *d, const pg_array *a)
{
    const pg_kernels *k = pg_kernels_for(d->dtype);
    size_t n = pg_array_size(d), bytes = pg_dtype_size(d->dtype);
#pragma omp parallel for schedule(static) \
    num_threads(pg_threads()) if (n > PG_DENSE_PIECE)
    for (size_t i = 0; i < n; i += PG_DENSE_PIECE)
        k->sigmoid_gradient((char *)d->data + i * bytes,
                            (const char *)a->data + i * bytes,
                            pg_size_min(PG_DENSE_PIECE, n - i));
}

/* below = (dz W) * a * (1 - a) */
static pg_status previous_gradient(pg_array *below, const pg_array *dz,
                                   const pg_array *W, const pg_array *a,
                                   pg_error *err)
{
    pg_array dense = {0};
    pg_status status = pg_array_new(below, dz->dtype, 2, a->shape, err);
    if (status == PG_OK)
        status = pg_dot_into(below, dz, W, err);
    if (status == PG_OK)
        status = pg_dense(&dense, a, dz->dtype, err);
    if (status == PG_OK)
        through_sigmoid(below, &dense);
    pg_array_release(&dense);
    return status;
}

/* dW = (a^T dz)^T, a view as the notebook's is, db = the sum of dz's rows. That
   way round the product's tiles share out a, the wide operand; as dz^T a each
   of them would read all of it. */
static pg_status layer_gradients(pg_array *dW, pg_array *db, const pg_array *dz,
                                 const pg_array *a, pg_error *err)
{
    pg_array product, transposed;
    size_t shape[2] = {a->shape[1], dz->shape[1]};
    pg_array_transpose_view(&transposed, a);
    pg_status status = pg_array_new(&product, dz->dtype, 2, shape, err);
    if (status == PG_OK)
        status = pg_dot_into(&product, &transposed, dz, err);
    if (status == PG_OK) {
        pg_array_transpose_view(dW, &product);
        status = pg_reduce(db, PG_SUM, dz, 0, true, err);
    }
    pg_array_release(&product);
    pg_array_release(&transposed);
    return status;
}

static pg_status backward(const pg_network *gradients, pg_array *dz,
                          const pg_array *x, const pg_array *const *a,
                          const pg_network *network, pg_error *err)
{
    for (int l = network->layers - 1;; l--) {
        pg_array below;
        pg_status status = layer_gradients(gradients->W[l], gradients->b[l], dz,
                                           l == 0 ? x : a[l - 1], err);
        if (status != PG_OK || l == 0)
            return status;
        status = previous_gradient(&below, dz, network->W[l], a[l - 1], err);
        pg_array_release(dz);
        *dz = below;
        if (status != PG_OK)
            return status;
    }
}

pg_status pg_gradient(const pg_network *gradients, const pg_array *x,
                      const pg_array *y, const pg_array *const *a,
                      const pg_network *network, pg_error *err)
{
    pg_array dz = {0};
    pg_status status = pg_network_check_input(network, x, err);
    if (status == PG_OK)
        status = check_activations(a, x, network, err);
    if (status == PG_OK)
        status = last_gradient(&dz, a[network->layers - 1], y, err);
    if (status == PG_OK)
        status = backward(gradients, &dz, x, a, network, err);
    pg_array_release(&dz);
    for (int l = 0; l < network->layers && status != PG_OK; l++) {
        pg_array_release(gradients->W[l]);
        pg_array_release(gradients->b[l]);
    }
    return status;
}
