/* Convolution along rows; compiled once for each target and type,
   as kernels.c is.

   A tile of sums stays in registers for all taps: some registers of positions
   that follow each other, for some outputs. A tap costs a load for each
   register of positions, and a load of a weight and a multiply-add for each
   sum. */

#include "kernels/vector.h"

/* The registers of positions of a tile: as many as leave room for the operands
   where a tile has MOST_OUTPUTS. */
enum { MOST_OUTPUTS = 4 };
#if defined __AVX512F__
enum { WIDTH = 6 };
#else
enum { WIDTH = 3 };
#endif

/* The sums of a tile: `outputs` rows of `width` registers. */
INLINE void convolve_tile(real *out, size_t out_leading, const int outputs,
                          const int width, const real *weights, size_t taps,
                          const real *x, const size_t *offsets)
{
    vector sum[MOST_OUTPUTS][WIDTH];
    for (int o = 0; o < outputs; o++)
        for (int v = 0; v < width; v++)
            sum[o][v] = (vector){0};
    for (size_t t = 0; t < taps; t++) {
        const unaligned_vector *from =
            (const unaligned_vector *)(x + offsets[t]);
        for (int o = 0; o < outputs; o++) {
            vector w = BROADCAST(weights[(size_t)o * taps + t]);
            for (int v = 0; v < width; v++)
                sum[o][v] = VECTOR_MULADD(w, from[v], sum[o][v]);
        }
    }
    for (int o = 0; o < outputs; o++)
        for (int v = 0; v < width; v++)
            ((unaligned_vector *)(out + (size_t)o * out_leading))[v] =
                sum[o][v];
}

INLINE void convolve_rows(real *out, size_t out_leading, const int outputs,
                          const real *weights, size_t taps, const real *x,
                          const size_t *offsets, size_t n)
{
    enum { TILE = WIDTH * LANES };
    size_t i = 0;
    for (; i + TILE <= n; i += TILE)
        convolve_tile(out + i, out_leading, outputs, WIDTH, weights, taps,
                      x + i, offsets);
    for (; i < n; i += LANES)
        convolve_tile(out + i, out_leading, outputs, 1, weights, taps, x + i,
                      offsets);
}

void NAME(convolve)(void *out, size_t out_leading, size_t outputs,
                    const void *weights, size_t taps, const void *x,
                    const size_t *offsets, size_t n)
{
    real *o = out;
    const real *w = weights;
    for (; outputs >= MOST_OUTPUTS; outputs -= MOST_OUTPUTS) {
        convolve_rows(o, out_leading, MOST_OUTPUTS, w, taps, x, offsets, n);
        o += MOST_OUTPUTS * out_leading;
        w += MOST_OUTPUTS * taps;
    }
    switch (outputs) {
    case 3:
        convolve_rows(o, out_leading, 3, w, taps, x, offsets, n);
        break;
    case 2:
        convolve_rows(o, out_leading, 2, w, taps, x, offsets, n);
        break;
    case 1:
        convolve_rows(o, out_leading, 1, w, taps, x, offsets, n);
        break;
    default:
        break;
    }
}
