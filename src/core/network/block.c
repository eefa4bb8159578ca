#include "network/block.h"

#include "base/blas.h"
#include "base/interrupt.h"
#include "kernels/kernels.h"
#include "base/memory.h"

enum {
    MOST_ROWS = 250,
    LEAST_ROWS = 16,
    LEAST_SHARED = 64,         /* fewer are not worth a second thread */
    MOST_NUMBERS = 256 * 1024, /* of the widest layer; then rows are fewer */
};

size_t pg_block_rows(const pg_layout *layout)
{
    size_t widest = 1;
    if (layout->panels)
        return PG_SPARSE_ROWS;
    for (int l = 0; l <= layout->layers; l++)
        widest = pg_size_max(widest, layout->width[l]);
    return pg_size_max(LEAST_ROWS,
                       pg_size_min(MOST_ROWS, MOST_NUMBERS / widest));
}

size_t pg_block_batch_rows(const pg_layout *layout, size_t n)
{
    size_t half = pg_size_divide_up(n, 2);
    return pg_size_min(pg_block_rows(layout), pg_size_max(LEAST_SHARED, half));
}

/* The next bytes of the block's memory; without memory, only counts them. */
static void *take_bytes(pg_block *block, size_t bytes)
{
    void *part = block->memory ? (char *)block->memory + block->bytes : NULL;
    block->bytes += pg_size_lines(bytes); /* so that each part begins on one */
    return part;
}

static void *take(pg_block *block, const pg_layout *layout, size_t count)
{
    return take_bytes(block, count * pg_dtype_size(layout->dtype));
}

static void divide_memory(pg_block *block, const pg_layout *layout,
                          size_t extra)
{
    const size_t *stride = layout->stride;
    size_t rows = pg_block_rows(layout);
    block->bytes = 0;
    block->x = take(block, layout, layout->panels ? 0 : rows * stride[0]);
    block->scratch = take(block, layout, pg_inputs_scratch(layout));
    for (int l = 0; l < layout->layers; l++)
        block->a[l] = take(block, layout, rows * stride[l + 1]);
    for (int l = 0; l < layout->layers - 1; l++)
        block->d[l] = take(block, layout, rows * stride[l + 1]);
    block->d[layout->layers - 1] = block->a[layout->layers - 1];
    block->extra = take_bytes(block, extra);
}

pg_status pg_block_new(pg_block *block, const pg_layout *layout, size_t extra,
                       pg_error *err)
{
    *block = (pg_block){0};
    divide_memory(block, layout, extra);
    size_t bytes = block->bytes;
    block->memory = pg_malloc(bytes);
    if (!block->memory) {
        *block = (pg_block){0};
        return pg_fail_memory(err, bytes);
    }
    divide_memory(block, layout, extra);
    return PG_OK;
}

void pg_block_free(pg_block *block)
{
    pg_free(block->memory, block->bytes);
    *block = (pg_block){0};
}

pg_status pg_blocks_need(pg_blocks *blocks, int threads,
                         const pg_layout *layout, pg_error *err)
{
    const size_t bytes = PG_MOST_BLOCKS * sizeof *blocks->of;
    pg_status status = pg_blas_reserve(threads, err);
    if (!blocks->of)
        blocks->of = pg_malloc(bytes);
    if (!blocks->of)
        return pg_fail_memory(err, bytes);
    pg_assert(threads <= PG_MOST_BLOCKS);
    while (blocks->count < threads && status == PG_OK) {
        status = pg_block_new(&blocks->of[blocks->count], layout, blocks->extra,
                              err);
        blocks->count += status == PG_OK;
    }
    return status;
}

void pg_blocks_free(pg_blocks *blocks)
{
    while (blocks->count > 0)
        pg_block_free(&blocks->of[--blocks->count]);
    pg_free(blocks->of, PG_MOST_BLOCKS * sizeof *blocks->of);
    blocks->of = NULL;
}

/* What layer l > 0 reads: the layer before it. */
static pg_matrix layer_input(const pg_block *block, const pg_layout *layout,
                             int l)
{
    return (pg_matrix){.data = block->a[l - 1], .leading = layout->stride[l]};
}

static pg_matrix layer_weights(const pg_layout *layout, const void *weights,
                               int l)
{
    return (pg_matrix){.data = pg_layout_at(layout, weights, layout->W[l]),
                       .leading = layout->stride[l]};
}

static void layer_product(const pg_block *block, const pg_layout *layout,
                          const void *weights, int l, size_t rows)
{
    pg_matrix W = layer_weights(layout, weights, l);
    W.transposed = true;
    pg_gemm(block->a[l], layout->stride[l + 1], layout->dtype,
            layer_input(block, layout, l), W, rows, layout->width[l + 1],
            layout->width[l], 0);
}

void pg_block_forward(const pg_block *block, const pg_layout *layout,
                      const void *weights, const pg_inputs *inputs, size_t rows)
{
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    for (int l = 0; l < layout->layers && !pg_interrupted(); l++) {
        const void *b = pg_layout_at(layout, weights, layout->b[l]);
        if (l == 0)
            pg_inputs_forward(block->a[l], inputs, layout, weights, rows);
        else
            layer_product(block, layout, weights, l, rows);
        if (l == layout->layers - 1)
            k->bias_softmax(block->a[l], b, rows, layout->width[l + 1]);
        else
            k->bias_activation[layout->activation[l]](block->a[l], b, rows,
                                                      layout->stride[l + 1]);
    }
}

/* dW_l += dZ^T a, l > 0 */
static void add_weight_gradient(const pg_block *block, const pg_layout *layout,
                                void *gradients, int l, size_t rows)
{
    pg_matrix dz = {.data = block->d[l],
                    .leading = layout->stride[l + 1],
                    .transposed = true};
    pg_gemm(pg_layout_at(layout, gradients, layout->W[l]), layout->stride[l],
            layout->dtype, dz, layer_input(block, layout, l),
            layout->width[l + 1], layout->width[l], rows, 1);
}

/* dW_l += dZ^T a, db_l += the sum of dZ's rows. */
static void add_layer_gradients(const pg_block *block, const pg_layout *layout,
                                void *gradients, const pg_inputs *inputs, int l,
                                size_t rows)
{
    if (l == 0)
        pg_inputs_gradient(gradients, inputs, layout, block->d[l],
                           block->scratch, rows);
    else
        add_weight_gradient(block, layout, gradients, l, rows);
    pg_kernels_for(layout->dtype)
        ->add_rows(pg_layout_at(layout, gradients, layout->b[l]), block->d[l],
                   rows, layout->stride[l + 1]);
}

/* dZ of layer l - 1 = (dZ W_l) * the slope at a. Weights of padding are 0, and
   so is its dZ. */
static void previous_gradient(const pg_block *block, const pg_layout *layout,
                              const void *weights, int l, size_t rows)
{
    size_t stride = layout->stride[l];
    pg_matrix dz = {.data = block->d[l], .leading = layout->stride[l + 1]};
    pg_gemm(block->d[l - 1], stride, layout->dtype, dz,
            layer_weights(layout, weights, l), rows, stride,
            layout->width[l + 1], 0);
    pg_kernels_for(layout->dtype)
        ->activation_gradient[layout->activation[l - 1]](
            block->d[l - 1], block->a[l - 1], rows * stride);
}

void pg_block_gradients(const pg_block *block, const pg_layout *layout,
                        const void *weights, void *gradients,
                        const pg_inputs *inputs, size_t rows)
{
    for (int l = layout->layers - 1; l >= 0 && !pg_interrupted(); l--) {
        add_layer_gradients(block, layout, gradients, inputs, l, rows);
        if (l > 0)
            previous_gradient(block, layout, weights, l, rows);
    }
}

double pg_block_backward(const pg_block *block, const pg_layout *layout,
                         const void *weights, void *gradients,
                         const pg_inputs *inputs, const int32_t *labels,
                         size_t n, size_t rows)
{
    int last = layout->layers - 1;
    double loss =
        pg_kernels_for(layout->dtype)
            ->cross_entropy_gradient(block->d[last], labels, 1 / (double)n,
                                     rows, layout->width[last + 1]);
    pg_block_gradients(block, layout, weights, gradients, inputs, rows);
    return loss;
}
