/*
 * convolution.h -- two-dimensional convolution of images.
 */
#ifndef PG_CONVOLUTION_H
#define PG_CONVOLUTION_H

#include "images/window.h"

/* *out (n, outputs, windows down, windows across) = the sums of products of
   each window with kernels (outputs, channels, height, width), which are not
   flipped: the cross-correlation that torch.nn.functional.conv2d computes. The
   window's size is that of the kernels. Pixels outside are 0. float32 stays
   float32; other dtypes are computed in float64. The bits do not depend on the
   number of threads. PG_ESHAPE for other shapes, and as pg_window_count. */
pg_status pg_conv2d(pg_array *out, const pg_array *images,
                    const pg_array *kernels, const pg_window *window,
                    pg_error *err);

#endif
