#include "network/inputs.h"

#include <string.h>

#include "kernels/kernels.h"

/* --- dense ---------------------------------------------------------------- */

static void forward_dense(void *z, const pg_inputs *inputs,
                          const pg_layout *layout, const void *weights,
                          size_t rows)
{
    pg_matrix W = {.data = pg_layout_at(layout, weights, layout->W[0]),
                   .leading = layout->width[0],
                   .transposed = true};
    pg_gemm(z, layout->stride[1], layout->dtype, inputs->x, W, rows,
            layout->width[1], layout->width[0], 0);
}

static void gradient_dense(void *gradients, const pg_inputs *inputs,
                           const pg_layout *layout, const void *dz, size_t rows)
{
    pg_matrix transposed = {
        .data = dz, .leading = layout->stride[1], .transposed = true};
    pg_gemm(pg_layout_at(layout, gradients, layout->W[0]), layout->width[0],
            layout->dtype, transposed, inputs->x, layout->width[1],
            layout->width[0], rows, 1);
}

/* --- sparse --------------------------------------------------------------- */

static void forward_sparse(void *z, const pg_inputs *inputs,
                           const pg_layout *layout, const void *weights,
                           size_t rows)
{
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    size_t stride = layout->stride[1], n = layout->width[0], units;
    memset(z, 0, rows * stride * pg_dtype_size(layout->dtype));
    for (size_t p = 0; p < layout->panels; p++) {
        size_t first = pg_layout_panel(&units, layout, p);
        size_t panel = layout->W[0] + first * n;
        for (size_t t = 0; t < inputs->column_tiles; t++)
            k->multiply_sparse(
                pg_layout_at(layout, z, first), stride,
                pg_layout_at(layout, weights, panel + t * PG_TILE * units),
                units / k->lanes, &inputs->columns[t], inputs->table);
    }
}

/* A tile's rows of a panel's columns, one after the other: rows that are a
   power of two apart would push each other out of the cache. */
static const void *copy_units(void *scratch, const pg_layout *layout,
                              const void *dz, size_t first, size_t units,
                              size_t rows)
{
    size_t bytes = units * pg_dtype_size(layout->dtype);
    for (size_t i = 0; i < rows; i++)
        memcpy((char *)scratch + i * bytes,
               pg_layout_at(layout, dz, i * layout->stride[1] + first), bytes);
    return scratch;
}

static void gradient_by_rows(void *gradients, const pg_inputs *inputs,
                             const pg_layout *layout, const void *dz,
                             void *scratch, size_t rows)
{
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    for (size_t t = 0; t * PG_TILE < rows; t++) {
        const pg_tile *tile = &inputs->rows[t];
        const void *tile_dz =
            pg_layout_at(layout, dz, t * PG_TILE * layout->stride[1]);
        size_t count = pg_size_min(PG_TILE, rows - t * PG_TILE);
        for (size_t p = 0; p < layout->panels; p++) {
            size_t units, first = pg_layout_panel(&units, layout, p);
            size_t panel = layout->W[0] + first * layout->width[0];
            const void *in =
                layout->panels == 1
                    ? tile_dz
                    : copy_units(scratch, layout, tile_dz, first, units, count);
            k->multiply_sparse(pg_layout_at(layout, gradients, panel), units,
                               in, units / k->lanes, tile, inputs->table);
        }
    }
}

static void gradient_by_columns(void *gradients, const pg_inputs *inputs,
                                const pg_layout *layout, const void *dz)
{
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    for (size_t p = 0; p < layout->panels; p++) {
        size_t units, first = pg_layout_panel(&units, layout, p);
        size_t panel = layout->W[0] + first * layout->width[0];
        for (size_t t = 0; t < inputs->column_tiles; t++)
            k->multiply_sparse_transposed(
                pg_layout_at(layout, gradients, panel + t * PG_TILE * units),
                pg_layout_at(layout, dz, first), layout->stride[1],
                units / k->lanes, &inputs->columns[t], inputs->table);
    }
}

/* --- either --------------------------------------------------------------- */

void pg_inputs_forward(void *z, const pg_inputs *inputs,
                       const pg_layout *layout, const void *weights,
                       size_t rows)
{
    if (inputs->column_tiles)
        forward_sparse(z, inputs, layout, weights, rows);
    else
        forward_dense(z, inputs, layout, weights, rows);
}

void pg_inputs_gradient(void *gradients, const pg_inputs *inputs,
                        const pg_layout *layout, const void *dz, void *scratch,
                        size_t rows)
{
    if (inputs->rows)
        gradient_by_rows(gradients, inputs, layout, dz, scratch, rows);
    else if (inputs->column_tiles)
        gradient_by_columns(gradients, inputs, layout, dz);
    else
        gradient_dense(gradients, inputs, layout, dz, rows);
}

size_t pg_inputs_scratch(const pg_layout *layout)
{
    const pg_kernels *k = pg_kernels_for(layout->dtype);
    return layout->panels > 1 ? PG_TILE * k->most_vectors * k->lanes : 0;
}
