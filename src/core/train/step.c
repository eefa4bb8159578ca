/* Forward, loss and backward of a block of rows. */

#include "train/step.h"

#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "kernels/kernels.h"

/* --- workspaces ----------------------------------------------------------- */

enum {
    MOST_ROWS = 256,
    LEAST_ROWS = 16,
    MOST_NUMBERS = 256 * 1024, /* of the widest layer; then rows are fewer */
};

size_t pg_workspace_rows(const pg_layout *layout)
{
    size_t widest = 1;
    if (layout->panels)
        return PG_SPARSE_ROWS;
    for (int l = 0; l <= layout->layers; l++)
        widest = pg_size_max(widest, layout->width[l]);
    return pg_size_max(LEAST_ROWS,
                       pg_size_min(MOST_ROWS, MOST_NUMBERS / widest));
}

/* The next bytes of the memory; without memory, counts them. */
static void *take(pg_workspace *w, size_t bytes)
{
    void *part = w->memory ? (char *)w->memory + w->bytes : NULL;
    w->bytes += pg_size_lines(bytes);
    return part;
}

static void divide_memory(pg_workspace *w, const pg_layout *layout,
                          const pg_rows *rows)
{
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t n = pg_workspace_rows(layout), size = pg_dtype_size(layout->dtype);
    int last = layout->layers - 1;
    w->bytes = 0;
    w->x = take(w, pg_rows_buffer_bytes(rows, n));
    w->labels = take(w, n * sizeof *w->labels);
    w->targets = take(w, n * pg_targets_columns(layout) * size);
    w->panel =
        take(w, layout->panels > 1 ? PG_TILE * k->most_vectors * k->lanes * size
                                   : 0);
    for (int l = 0; l <= last; l++)
        w->a[l] = take(w, n * layout->padded[l + 1] * size);
    for (int l = 0; l < last; l++)
        w->d[l] = take(w, n * layout->padded[l + 1] * size);
    for (int l = 0; l < last; l++)
        w->kept[l] =
            layout->keeps[l] ? take(w, n * layout->padded[l + 1] * size) : NULL;
    w->d[last] = w->a[last];
}

pg_status pg_workspace_new(pg_workspace *w, const pg_layout *layout,
                           const pg_rows *rows, pg_error *err)
{
    *w = (pg_workspace){.layout = layout};
    divide_memory(w, layout, rows);
    w->memory = pg_malloc(w->bytes);
    if (!w->memory)
        return pg_fail_memory(err, w->bytes);
    divide_memory(w, layout, rows);
    return PG_OK;
}

void pg_workspace_release(pg_workspace *w)
{
    pg_free(w->memory, w->bytes);
    *w = (pg_workspace){0};
}

/* --- forward -------------------------------------------------------------- */

/* z (n, units) = x W1^T without x's zeros, panel by panel. */
static void multiply_first_layer(void *z, const pg_layout *layout,
                                 const void *weights, const pg_row_block *x,
                                 size_t n)
{
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t inputs = layout->width[0], padded = layout->padded[1], units;
    memset(z, 0, n * padded * pg_dtype_size(layout->dtype));
    for (size_t p = 0; p < layout->panels; p++) {
        size_t first = pg_layout_panel(&units, layout, p);
        size_t panel = layout->W[0] + first * inputs;
        for (size_t t = 0; t < x->column_tiles; t++)
            k->multiply_sparse(
                pg_layout_at(layout, z, first), padded,
                pg_layout_at(layout, weights, panel + t * PG_TILE * units),
                units / k->lanes, &x->columns[t], x->table);
    }
}

/* a[l - 1] (n, inputs of layer l): x, or the layer before. */
static pg_matrix layer_input(const pg_workspace *w, const pg_row_block *x,
                             int l)
{
    return l == 0 ? x->x
                  : (pg_matrix){.data = w->a[l - 1],
                                .leading = w->layout->padded[l]};
}

/* z (n, padded l + 1) = a[l - 1] W_l^T, without b_l. */
static void multiply_layer(void *z, const pg_workspace *w, const void *weights,
                           const pg_step_rows *rows, int l)
{
    const pg_layout *layout = w->layout;
    const pg_row_block *x = &rows->x;
    pg_matrix W = {.data = pg_layout_at(layout, weights, layout->W[l]),
                   .leading = layout->padded[l],
                   .transposed = true};
    if (l == 0 && x->column_tiles)
        multiply_first_layer(z, layout, weights, x, rows->n);
    else
        pg_gemm(z, layout->padded[l + 1], layout->dtype, layer_input(w, x, l),
                W, rows->n, layout->width[l + 1], layout->width[l], 0);
}

static pg_drop drop_of(const pg_step_rows *rows, int l)
{
    const pg_dropout *d = rows->dropout;
    return (pg_drop){.p = d->p[l],
                     .key = d->key,
                     .iteration = d->iteration,
                     .layer = (uint64_t)l,
                     .first = rows->first};
}

/* a[l] and kept[l] of a hidden layer, from its z without b_l in kept[l], or in
   a[l] where nothing is kept. */
static void activate(const pg_workspace *w, const void *b,
                     const pg_step_rows *rows, int l)
{
    const pg_layout *layout = w->layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    pg_activation f = layout->activation[l];
    size_t padded = layout->padded[l + 1];
    bool drops = pg_dropout_p(rows->dropout, l) > 0;
    void *z = w->kept[l] ? w->kept[l] : w->a[l];
    void *output = pg_activation_source(f) == PG_FROM_Z ? w->a[l] : z;
    pg_assert(drops || output == w->a[l]);
    k->bias_activation[f](output, z, b, rows->n, padded);
    if (drops) {
        pg_drop drop = drop_of(rows, l);
        k->drop(w->a[l], output, &drop, rows->n, padded);
    }
}

void pg_step_forward(const pg_workspace *w, const void *weights,
                     const pg_step_rows *rows)
{
    const pg_layout *layout = w->layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    int last = layout->layers - 1;
    pg_assert(rows->n <= pg_workspace_rows(layout));
    for (int l = 0; l <= last && !pg_interrupted(); l++) {
        const void *b = pg_layout_at(layout, weights, layout->b[l]);
        multiply_layer(w->kept[l] ? w->kept[l] : w->a[l], w, weights, rows, l);
        if (l == last)
            k->bias_output[layout->loss](w->a[l], b, rows->n,
                                         layout->width[l + 1]);
        else
            activate(w, b, rows, l);
    }
}

void pg_step_keep(const pg_workspace *w, const void *weights,
                  const pg_step_rows *rows)
{
    const pg_layout *layout = w->layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    for (int l = 0; l < layout->layers - 1 && !pg_interrupted(); l++) {
        if (!w->kept[l])
            continue;
        multiply_layer(w->kept[l], w, weights, rows, l);
        k->add_bias(w->kept[l], pg_layout_at(layout, weights, layout->b[l]),
                    rows->n, layout->padded[l + 1]);
    }
}

/* --- loss ----------------------------------------------------------------- */

double pg_step_loss(const pg_workspace *w, const pg_target_block *targets,
                    double divisor, size_t n)
{
    const pg_layout *layout = w->layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    void *d = w->d[layout->layers - 1];
    size_t outputs = pg_layout_outputs(layout);
    if (targets->labels)
        return k->cross_entropy_gradient(d, targets->labels, 1 / divisor, n,
                                         outputs);
    return k->loss_gradient[layout->loss](d, targets->rows, 1 / divisor, n,
                                          outputs);
}

/* --- backward ------------------------------------------------------------- */

/* The panel of dW1 that begins with a unit. An empty one is cleared here, where
   it is in cache for the products. */
static void *panel_of(const pg_gradients *gradients, const pg_layout *layout,
                      size_t first, size_t units)
{
    size_t inputs = layout->width[0];
    void *panel =
        pg_layout_at(layout, gradients->buffer, layout->W[0] + first * inputs);
    if (gradients->is_empty)
        memset(panel, 0, units * inputs * pg_dtype_size(layout->dtype));
    return panel;
}

/* dW1 += d^T x by tiles of rows, d (n, units). The d of a tile and a panel is
   copied together first: rows that are a power of two apart would push each
   other out of the cache. */
static void add_by_rows(const pg_gradients *gradients, const pg_workspace *w,
                        const pg_row_block *x, size_t n)
{
    const pg_layout *layout = w->layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t units, size = pg_dtype_size(layout->dtype);
    for (size_t p = 0; p < layout->panels; p++) {
        size_t first = pg_layout_panel(&units, layout, p);
        void *panel = panel_of(gradients, layout, first, units);
        for (size_t t = 0; t * PG_TILE < n; t++) {
            size_t rows = pg_size_min(PG_TILE, n - t * PG_TILE);
            const void *d = pg_layout_at(
                layout, w->d[0], t * PG_TILE * layout->padded[1] + first);
            if (layout->panels > 1) {
                for (size_t i = 0; i < rows; i++)
                    memcpy((char *)w->panel + i * units * size,
                           pg_layout_at(layout, d, i * layout->padded[1]),
                           units * size);
                d = w->panel;
            }
            k->multiply_sparse(panel, units, d, units / k->lanes, &x->rows[t],
                               x->table);
        }
    }
}

/* dW1 += d^T x by tiles of columns. */
static void add_by_columns(const pg_gradients *gradients, const pg_workspace *w,
                           const pg_row_block *x)
{
    const pg_layout *layout = w->layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t units;
    for (size_t p = 0; p < layout->panels; p++) {
        size_t first = pg_layout_panel(&units, layout, p);
        void *panel = panel_of(gradients, layout, first, units);
        for (size_t t = 0; t < x->column_tiles; t++)
            k->multiply_sparse_transposed(
                pg_layout_at(layout, panel, t * PG_TILE * units),
                pg_layout_at(layout, w->d[0], first), layout->padded[1],
                units / k->lanes, &x->columns[t], x->table);
    }
}

/* Clears what the products of an empty buffer do not write: biases, weights of
   a layer whose rows have padding, and padding at the end. */
static void clear_rest(const pg_gradients *gradients, const pg_layout *layout)
{
    size_t size = pg_dtype_size(layout->dtype);
    for (int l = 0; l < layout->layers; l++) {
        bool is_last = l == layout->layers - 1;
        bool is_whole = layout->padded[l] == layout->width[l];
        size_t first = is_whole ? layout->b[l] : layout->W[l];
        size_t end = is_last ? layout->count : layout->W[l + 1];
        memset(pg_layout_at(layout, gradients->buffer, first), 0,
               (end - first) * size);
    }
}

/* d[l] becomes the derivative by z_l; it is that by a[l] of a hidden layer. */
static void differentiate(const pg_workspace *w, const pg_step_rows *rows,
                          int l)
{
    const pg_layout *layout = w->layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t padded = layout->padded[l + 1];
    if (pg_dropout_p(rows->dropout, l) > 0) {
        pg_drop drop = drop_of(rows, l);
        k->drop(w->d[l], w->d[l], &drop, rows->n, padded);
    }
    k->activation_gradient[layout->activation[l]](
        w->d[l], w->kept[l] ? w->kept[l] : w->a[l], rows->n * padded);
}

void pg_step_backward(pg_gradients *gradients, const pg_workspace *w,
                      const void *weights, const pg_step_rows *rows)
{
    const pg_layout *layout = w->layout;
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    const pg_row_block *x = &rows->x;
    size_t n = rows->n;
    double beta = gradients->is_empty ? 0 : 1;
    if (gradients->is_empty)
        clear_rest(gradients, layout);
    for (int l = layout->layers - 1; l >= 0 && !pg_interrupted(); l--) {
        void *dW = pg_layout_at(layout, gradients->buffer, layout->W[l]);
        void *db = pg_layout_at(layout, gradients->buffer, layout->b[l]);
        size_t units = layout->width[l + 1];
        pg_matrix d = {.data = w->d[l], .leading = layout->padded[l + 1]};
        pg_matrix d_T = {d.data, d.leading, .transposed = true};
        if (l == 0 && x->rows)
            add_by_rows(gradients, w, x, n);
        else if (l == 0 && x->column_tiles)
            add_by_columns(gradients, w, x);
        else
            pg_gemm(dW, layout->padded[l], layout->dtype, d_T,
                    layer_input(w, x, l), units, layout->width[l], n, beta);
        k->add_rows(db, d.data, n, d.leading);
        if (l == 0)
            break;
        /* The weights of padding are 0, and so is its d. */
        size_t before = layout->padded[l];
        pg_matrix W = {.data = pg_layout_at(layout, weights, layout->W[l]),
                       .leading = before};
        pg_gemm(w->d[l - 1], before, layout->dtype, d, W, n, before, units, 0);
        differentiate(w, rows, l - 1);
    }
    gradients->is_empty = false;
}
