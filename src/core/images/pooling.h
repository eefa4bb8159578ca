/*
 * pooling.h -- the greatest pixels of windows, and their means.
 */
#ifndef PG_POOLING_H
#define PG_POOLING_H

#include "images/window.h"

/* *out (n, channels, windows down, windows across) = the greatest pixel of each
   window, or its mean. Pixels outside are none for the greatest, and 0 for the
   mean. A NaN is greater than numbers. float32 stays float32, other dtypes give
   float64. PG_ESHAPE for images of another rank, PG_EARG if the padding is more
   than half of the size, and as pg_window_count. */
pg_status pg_max_pool2d(pg_array *out, const pg_array *images,
                        const pg_window *window, pg_error *err);
pg_status pg_avg_pool2d(pg_array *out, const pg_array *images,
                        const pg_window *window, pg_error *err);

/* pg_max_pool2d's result, and *positions (int64) of its pixels: from 1,
   row-major within a plane (height, width). The first of equal pixels is taken,
   and the last NaN. PG_ESHAPE if there are windows, but no pixels. */
pg_status pg_max_pool2d_positions(pg_array *out, pg_array *positions,
                                  const pg_array *images,
                                  const pg_window *window, pg_error *err);

/* *out (shape: n, channels, height, width) = g (n, channels, down, across),
   each added at its position; PG_EINDEX for one outside of the plane. */
pg_status pg_pool_scatter(pg_array *out, const pg_array *g,
                          const pg_array *positions, const size_t shape[4],
                          pg_error *err);

/* *out, of the positions' shape, = the pixels at the positions. */
pg_status pg_pool_gather(pg_array *out, const pg_array *images,
                         const pg_array *positions, pg_error *err);

/* *out (shape) = the gradient of pg_avg_pool2d by the images where g is that by
   the result. PG_ESHAPE if g does not have the result's shape. */
pg_status pg_avg_pool2d_gradient(pg_array *out, const pg_array *g,
                                 const size_t shape[4], const pg_window *window,
                                 pg_error *err);

/* The dtype in which a is pooled. */
pg_dtype pg_pooling_dtype(const pg_array *a);

#endif
