/* Convolution along rows; compiled once for each target and type,
   as kernels.c is.

   A tile of sums stays in registers for all taps: some registers of positions
   that follow each other, for some outputs. A tap costs a load for each
   register of positions, and a load of a weight and a multiply-add for each
   sum. */

#include "kernels/vector.h"

/* The sums of a tile: `outputs` rows of `width` registers. */
INLINE void convolve_tile(real *out, size_t out_leading, const int outputs,
                          const int width, const real *weights,
                          size_t weights_leading, size_t taps, const real *x,
                          const size_t *offsets)
{
    vector sum[TILE_OUTPUTS][TILE_WIDTH];
    for (int o = 0; o < outputs; o++)
        for (int v = 0; v < width; v++)
            sum[o][v] = (vector){0};
    for (size_t t = 0; t < taps; t++) {
        const unaligned_vector *from =
            (const unaligned_vector *)(x + offsets[t]);
        for (int o = 0; o < outputs; o++) {
            vector w = BROADCAST(weights[(size_t)o * weights_leading + t]);
            for (int v = 0; v < width; v++)
                sum[o][v] = VECTOR_MULADD(w, from[v], sum[o][v]);
        }
    }
    for (int o = 0; o < outputs; o++)
        for (int v = 0; v < width; v++)
            ((unaligned_vector *)(out + (size_t)o * out_leading))[v] =
                sum[o][v];
}

/* The registers of a row are cut into tiles of nearly the same width. */
INLINE void convolve_rows(real *out, size_t out_leading, const int outputs,
                          const real *weights, size_t weights_leading,
                          size_t taps, const real *x, const size_t *offsets,
                          size_t n)
{
    size_t registers = (n + LANES - 1) / LANES;
    size_t tiles = (registers + TILE_WIDTH - 1) / TILE_WIDTH;
    for (size_t i = 0; i < tiles; i++) {
        size_t width = registers / tiles + (i < registers % tiles);
        switch (width) {
#define TILE(w)                                                               \
    case w:                                                                   \
        convolve_tile(out, out_leading, outputs, w, weights, weights_leading, \
                      taps, x, offsets);                                      \
        break
            TILE(1);
            TILE(2);
            TILE(3);
#if defined __AVX512F__
            TILE(4);
            TILE(5);
            TILE(6);
#endif
#undef TILE
        default:
            break;
        }
        out += width * LANES;
        x += width * LANES;
    }
}

void NAME(convolve)(void *out, size_t out_leading, size_t outputs,
                    const void *weights, size_t weights_leading, size_t taps,
                    const void *x, const size_t *offsets, size_t n)
{
    real *o = out;
    const real *w = weights;
    while (outputs > 0) {
        size_t count = outputs < TILE_OUTPUTS ? outputs : TILE_OUTPUTS;
        switch (count) {
#define ROWS(outputs)                                                       \
    case outputs:                                                           \
        convolve_rows(o, out_leading, outputs, w, weights_leading, taps, x, \
                      offsets, n);                                          \
        break
            ROWS(1);
            ROWS(2);
            ROWS(3);
            ROWS(4);
#undef ROWS
        default:
            break;
        }
        o += count * out_leading;
        w += count * weights_leading;
        outputs -= count;
    }
}
