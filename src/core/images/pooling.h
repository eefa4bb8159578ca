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

#endif
