#include "block.h"

#include "kernels.h"
#include "runtime.h"

enum {
    MOST_ROWS = 250,
    LEAST_ROWS = 16,
    MOST_NUMBERS = 256 * 1024, /* of the widest layer; then rows are fewer */
    LINE = 64,                 /* bytes: layers begin on a cache line */
};

size_t pg_block_rows(const pg_layout *layout)
{
    size_t widest = 1;
    for (int l = 0; l <= layout->layers; l++)
        widest = pg_size_max(widest, layout->width[l]);
    return pg_size_max(LEAST_ROWS,
                       pg_size_min(MOST_ROWS, MOST_NUMBERS / widest));
}

/* The next `width` columns of the block's memory; without memory, only counts
   the bytes. */
static void *take(pg_block *block, const pg_layout *layout, size_t width)
{
    size_t row = width * pg_dtype_size(layout->dtype);
    size_t bytes = (pg_block_rows(layout) * row + LINE - 1) / LINE * LINE;
    void *part = block->memory ? (char *)block->memory + block->bytes : NULL;
    block->bytes += bytes;
    return part;
}

static void divide_memory(pg_block *block, const pg_layout *layout)
{
    block->bytes = 0;
    block->x = take(block, layout, layout->width[0]);
    for (int l = 0; l < layout->layers; l++)
        block->a[l] = take(block, layout, layout->width[l + 1]);
    for (int l = 0; l < layout->layers - 1; l++)
        block->d[l] = take(block, layout, layout->width[l + 1]);
    block->d[layout->layers - 1] = block->a[layout->layers - 1];
}

pg_status pg_block_new(pg_block *block, const pg_layout *layout, pg_error *err)
{
    *block = (pg_block){0};
    divide_memory(block, layout);
    size_t bytes = block->bytes;
    block->memory = pg_malloc(bytes);
    if (!block->memory) {
        *block = (pg_block){0};
        return pg_fail_memory(err, bytes);
    }
    divide_memory(block, layout);
    return PG_OK;
}

void pg_block_free(pg_block *block)
{
    pg_free(block->memory, block->bytes);
    *block = (pg_block){0};
}

/* What layer l reads: the layer before it, or x. */
static pg_matrix layer_input(const pg_block *block, const pg_layout *layout,
                             pg_matrix x, int l)
{
    if (l == 0)
        return x;
    return (pg_matrix){.data = block->a[l - 1], .leading = layout->width[l]};
}

static pg_matrix layer_weights(const pg_layout *layout, const void *weights,
                               int l)
{
    return (pg_matrix){.data = pg_layout_at(layout, weights, layout->W[l]),
                       .leading = layout->width[l]};
}

void pg_block_forward(const pg_block *block, const pg_layout *layout,
                      const void *weights, pg_matrix x, size_t rows)
{
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    for (int l = 0; l < layout->layers; l++) {
        size_t inputs = layout->width[l], width = layout->width[l + 1];
        pg_matrix W = layer_weights(layout, weights, l);
        const void *b = pg_layout_at(layout, weights, layout->b[l]);
        W.transposed = true;
        pg_gemm(block->a[l], width, layout->dtype,
                layer_input(block, layout, x, l), W, rows, width, inputs, 0);
        if (l == layout->layers - 1)
            k->bias_softmax(block->a[l], b, rows, width);
        else
            k->bias_sigmoid(block->a[l], b, rows, width);
    }
}

/* dW_l += dZ^T a, db_l += the sum of dZ's rows. */
static void add_layer_gradients(const pg_block *block, const pg_layout *layout,
                                void *gradients, pg_matrix x, int l,
                                size_t rows)
{
    size_t inputs = layout->width[l], width = layout->width[l + 1];
    pg_matrix dz = {.data = block->d[l], .leading = width, .transposed = true};
    pg_gemm(pg_layout_at(layout, gradients, layout->W[l]), inputs,
            layout->dtype, dz, layer_input(block, layout, x, l), width, inputs,
            rows, 1);
    pg_kernels_for(layout->dtype)
        ->add_rows(pg_layout_at(layout, gradients, layout->b[l]), block->d[l],
                   rows, width);
}

/* dZ of layer l - 1 = (dZ W_l) * a * (1 - a) */
static void previous_gradient(const pg_block *block, const pg_layout *layout,
                              const void *weights, int l, size_t rows)
{
    size_t inputs = layout->width[l], width = layout->width[l + 1];
    pg_matrix dz = {.data = block->d[l], .leading = width};
    pg_gemm(block->d[l - 1], inputs, layout->dtype, dz,
            layer_weights(layout, weights, l), rows, inputs, width, 0);
    pg_kernels_for(layout->dtype)
        ->sigmoid_gradient(block->d[l - 1], block->a[l - 1], rows * inputs);
}

double pg_block_backward(const pg_block *block, const pg_layout *layout,
                         const void *weights, void *gradients, pg_matrix x,
                         const int32_t *labels, size_t n, size_t rows)
{
    int last = layout->layers - 1;
    double loss =
        pg_kernels_for(layout->dtype)
            ->cross_entropy_gradient(block->d[last], labels, 1 / (double)n,
                                     rows, layout->width[last + 1]);
    for (int l = last; l >= 0; l--) {
        add_layer_gradients(block, layout, gradients, x, l, rows);
        if (l > 0)
            previous_gradient(block, layout, weights, l, rows);
    }
    return loss;
}
