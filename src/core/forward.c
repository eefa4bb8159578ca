#include "forward.h"

#include "dense.h"
#include "kernels.h"
#include "linalg.h"
#include "runtime.h"

/* z (rows,cols) = f(z + b) in place, pieces of rows shared among threads. */
static void activate(const pg_array *z, const pg_array *b, bool last)
{
    const pg_kernels *k = pg_kernels_for(z->dtype);
    size_t rows = z->shape[0], cols = z->shape[1];
    size_t row_bytes = cols * pg_dtype_size(z->dtype);
    size_t piece = pg_size_max(1, PG_DENSE_PIECE / cols);
#pragma omp parallel for schedule(static) \
    num_threads(pg_threads()) if (rows > piece)
    for (size_t i = 0; i < rows; i += piece) {
        void *part = (char *)z->data + i * row_bytes;
        size_t count = pg_size_min(piece, rows - i);
        if (last)
            k->bias_softmax(part, b->data, count, cols);
        else
            k->bias_sigmoid(part, b->data, count, cols);
    }
}

static pg_status forward_layer(pg_array *a, const pg_array *x,
                               const pg_network *network, int l, pg_dtype dtype,
                               pg_error *err)
{
    pg_array transposed, b = {0};
    size_t shape[2] = {x->shape[0], network->W[l]->shape[0]};
    pg_array_transpose_view(&transposed, network->W[l]);
    pg_status status = pg_array_new(a, dtype, 2, shape, err);
    if (status == PG_OK)
        status = pg_dot_into(a, x, &transposed, err);
    if (status == PG_OK)
        status = pg_dense(&b, network->b[l], dtype, err);
    if (status == PG_OK)
        activate(a, &b, l == network->layers - 1);
    pg_array_release(&transposed);
    pg_array_release(&b);
    return status;
}

pg_status pg_forward(pg_array *const *a, const pg_network *network,
                     const pg_array *x, pg_error *err)
{
    pg_status status = pg_network_check_input(network, x, err);
    pg_dtype dtype = network->W[0]->dtype;
    if (status == PG_OK)
        dtype = pg_dtype_promote(x->dtype, dtype);
    for (int l = 0; l < network->layers && status == PG_OK; l++)
        status =
            forward_layer(a[l], l == 0 ? x : a[l - 1], network, l, dtype, err);
    for (int l = 0; l < network->layers && status != PG_OK; l++)
        pg_array_release(a[l]);
    return status;
}
