/* Sums of the products of rows, for the gradients of a convolution's kernels;
   compiled once for each target and type, as kernels.c is.

   A tile of registers of sums stays for all rows: some outputs and some taps.
   A register of an output's row and one of a tap's row are loaded once for all
   sums of the tile. */

#include "kernels/vector.h"

/* All bits of the first `count` lanes, none of the others. */
INLINE bits_vector lanes_below(size_t count)
{
    bits_vector lane;
    for (int i = 0; i < LANES; i++)
        lane[i] = (bits)i;
    return (bits_vector)(lane < (bits_vector){0} + (bits)count);
}

/* sum[o, t] += the products of a register of each output's row with one of each
   tap's row. */
#define MULTIPLY(factor_of_tap)                                            \
    for (int t = 0; t < taps; t++) {                                       \
        vector factor = factor_of_tap;                                     \
        for (int o = 0; o < outputs; o++)                                  \
            sum[o * taps + t] = VECTOR_MULADD(                             \
                factor,                                                    \
                *(const unaligned_vector *)(from + (size_t)o * g_leading), \
                sum[o * taps + t]);                                        \
    }

/* sums += the sums of the tile. */
INLINE void correlate_tile(real *sums, size_t sums_leading, const int outputs,
                           const int taps, const real *g, size_t g_leading,
                           size_t g_pitch, const real *x, const size_t *offsets,
                           size_t x_pitch, size_t rows, size_t n)
{
    vector sum[TILE_OUTPUTS * TILE_WIDTH];
    size_t whole = n / LANES;
    bits_vector mask = lanes_below(n % LANES);
    for (int i = 0; i < outputs * taps; i++)
        sum[i] = (vector){0};
    for (size_t row = 0; row < rows; row++) {
        const real *from = g + row * g_pitch, *to = x + row * x_pitch;
        for (size_t v = 0; v < whole; v++, from += LANES, to += LANES)
            MULTIPLY(*(const unaligned_vector *)(to + offsets[t]))
        if (n % LANES > 0)
            MULTIPLY(
                (vector)(*(const unaligned_bits *)(to + offsets[t]) & mask))
    }
    for (int first = 0; first < outputs * taps; first += LANES) {
        vector part[LANES];
        for (int i = 0; i < LANES; i++)
            part[i] = first + i < outputs * taps ? sum[first + i] : (vector){0};
        vector added = add_lanes(part);
        for (int i = first; i < first + LANES && i < outputs * taps; i++)
            sums[(size_t)(i / taps) * sums_leading + (size_t)(i % taps)] +=
                added[i - first];
    }
}

/* The taps are cut into tiles of nearly the same width. */
INLINE void correlate_taps(real *sums, const int outputs, const real *g,
                           size_t g_leading, size_t g_pitch, const real *x,
                           const size_t *offsets, size_t taps, size_t x_pitch,
                           size_t rows, size_t n)
{
    size_t tiles = (taps + TILE_WIDTH - 1) / TILE_WIDTH;
    size_t sums_leading = taps;
    for (size_t i = 0; i < tiles; i++) {
        size_t width = taps / tiles + (i < taps % tiles);
        switch (width) {
#define TILE(w)                                                               \
    case w:                                                                   \
        correlate_tile(sums, sums_leading, outputs, w, g, g_leading, g_pitch, \
                       x, offsets, x_pitch, rows, n);                         \
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
        sums += width;
        offsets += width;
    }
}

void NAME(correlate)(void *sums, size_t outputs, const void *g,
                     size_t g_leading, size_t g_pitch, const void *x,
                     const size_t *offsets, size_t taps, size_t x_pitch,
                     size_t rows, size_t n)
{
    real *s = sums;
    const real *from = g;
    while (outputs > 0) {
        size_t count = outputs < TILE_OUTPUTS ? outputs : TILE_OUTPUTS;
        switch (count) {
#define TAPS(outputs)                                                          \
    case outputs:                                                              \
        correlate_taps(s, outputs, from, g_leading, g_pitch, x, offsets, taps, \
                       x_pitch, rows, n);                                      \
        break
            TAPS(1);
            TAPS(2);
            TAPS(3);
            TAPS(4);
#undef TAPS
        default:
            break;
        }
        s += count * taps;
        from += count * g_leading;
        outputs -= count;
    }
}
