/* Windows of images that stand side by side in the lanes of registers; compiled
   once for each target and type, as kernels.c is. */

#include "kernels/vector.h"

/* a where the mask has bits, else b. */
INLINE bits_vector choose(bits_vector mask, bits_vector a, bits_vector b)
{
    return (mask & a) | (~mask & b);
}

INLINE void max_rows(vector *out, bits_vector *positions, const vector *x,
                     size_t width, pg_span rows, const pg_span *columns,
                     size_t n, const bool has_positions)
{
    for (size_t w = 0; w < n; w++) {
        size_t first = rows.first * width + columns[w].first;
        vector greatest = x[first];
        bits_vector at = (bits_vector){0} + (bits)(first + 1);
        for (size_t i = rows.first; i < rows.end; i++)
            for (size_t j = columns[w].first; j < columns[w].end; j++) {
                vector pixel = x[i * width + j];
                bits_vector is_new = (bits_vector)(pixel > greatest) |
                                     (bits_vector)(pixel != pixel);
                bits_vector here = (bits_vector){0} + (bits)(i * width + j + 1);
                greatest = (vector)choose(is_new, (bits_vector)pixel,
                                          (bits_vector)greatest);
                if (has_positions)
                    at = choose(is_new, here, at);
            }
        out[w] = greatest;
        if (has_positions)
            positions[w] = at;
    }
}

void NAME(max_pool)(void *out, void *positions, const void *x, size_t width,
                    pg_span rows, const pg_span *columns, size_t n)
{
    if (positions)
        max_rows(out, positions, x, width, rows, columns, n, true);
    else
        max_rows(out, NULL, x, width, rows, columns, n, false);
}

void NAME(mean_pool)(void *out, const void *x, size_t width, pg_span rows,
                     const pg_span *columns, size_t n, double area)
{
    vector *o = out, divisor = BROADCAST((real)area);
    const vector *from = x;
    for (size_t w = 0; w < n; w++) {
        vector sum = {0};
        for (size_t i = rows.first; i < rows.end; i++)
            for (size_t j = columns[w].first; j < columns[w].end; j++)
                sum += from[i * width + j];
        o[w] = sum / divisor;
    }
}

void NAME(mean_pool_gradient)(void *x, const void *g, size_t width,
                              pg_span rows, const pg_span *columns, size_t n,
                              double area)
{
    vector *to = x, divisor = BROADCAST((real)area);
    const vector *from = g;
    for (size_t w = 0; w < n; w++) {
        vector part = from[w] / divisor;
        for (size_t i = rows.first; i < rows.end; i++)
            for (size_t j = columns[w].first; j < columns[w].end; j++)
                to[i * width + j] += part;
    }
}
