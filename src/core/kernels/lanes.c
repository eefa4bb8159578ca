/* Images side by side in the lanes of registers, and back; compiled once for
   each target and type, as kernels.c is. */

#include "kernels/vector.h"

INLINE vector load(const real *from)
{
    return *(const unaligned_vector *)from;
}

/* A register holds a pixel of each image. A square of LANES pixels of LANES
   images is transposed in registers; the last square of a longer row begins
   before the end of the one before it. */

void NAME(images_to_lanes)(void *out, const size_t *places, const void *in,
                           size_t in_leading, size_t images, size_t n)
{
    real *o = out;
    const real *from = in;
    for (size_t p = 0; n < LANES && p < n; p++)
        for (size_t i = 0; i < LANES; i++)
            o[places[p] + i] = i < images ? from[i * in_leading + p] : 0;
    for (size_t p = 0; n >= LANES && p < n; p += LANES) {
        vector square[LANES];
        p = p < n - LANES ? p : n - LANES;
        for (size_t i = 0; i < LANES; i++)
            square[i] =
                i < images ? load(from + i * in_leading + p) : (vector){0};
        transpose(square);
        for (size_t i = 0; i < LANES; i++)
            *(vector *)(o + places[p + i]) = square[i];
    }
}

void NAME(lanes_to_images)(void *out, size_t out_leading, size_t images,
                           const void *in, size_t n)
{
    real *o = out;
    const real *from = in;
    for (size_t p = 0; n < LANES && p < n; p++)
        for (size_t i = 0; i < images; i++)
            o[i * out_leading + p] = from[p * LANES + i];
    for (size_t p = 0; n >= LANES && p < n; p += LANES) {
        vector square[LANES];
        p = p < n - LANES ? p : n - LANES;
        for (size_t i = 0; i < LANES; i++)
            square[i] = *(const vector *)(from + (p + i) * LANES);
        transpose(square);
        for (size_t i = 0; i < LANES; i++)
            if (i < images)
                *(unaligned_vector *)(o + i * out_leading + p) = square[i];
    }
}
