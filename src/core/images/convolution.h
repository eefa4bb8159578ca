/*
 * convolution.h -- two-dimensional convolution of images, and its gradients.
 *
 * float32 stays float32; other dtypes are computed in float64. The bits do not
 * depend on the number of threads. A window's size is that of the kernels.
 */
#ifndef PG_CONVOLUTION_H
#define PG_CONVOLUTION_H

#include "images/window.h"

/* *out (n, outputs, windows down, windows across) = the sums of products of
   each window with kernels (outputs, channels, height, width), which are not
   flipped: the cross-correlation that torch.nn.functional.conv2d computes.
   Pixels outside are 0. PG_ESHAPE for other shapes, and as pg_window_count. */
pg_status pg_conv2d(pg_array *out, const pg_array *images,
                    const pg_array *kernels, const pg_window *window,
                    pg_error *err);

/* *out (shape: n, channels, height, width) = the gradient by the images where g
   is that by the result. PG_ESHAPE if the shapes do not fit each other. */
pg_status pg_conv2d_input_gradient(pg_array *out, const pg_array *g,
                                   const pg_array *kernels,
                                   const size_t shape[4],
                                   const pg_window *window, pg_error *err);

/* *out (shape: outputs, channels, height, width) = the gradient by the
   kernels. */
pg_status pg_conv2d_kernel_gradient(pg_array *out, const pg_array *g,
                                    const pg_array *images,
                                    const size_t shape[4],
                                    const pg_window *window, pg_error *err);

/* The dtype in which a and b are computed. */
pg_dtype pg_convolution_dtype(const pg_array *a, const pg_array *b);

/* Sets the window's size. PG_ESHAPE unless g has the shape of the convolution
   of images with kernels, of which only the shapes are read; `name` is the
   function's. */
pg_status pg_gradient_check(pg_window *window, const char *name,
                            const pg_array *g, const pg_array *images,
                            const pg_array *kernels, pg_error *err);

#endif
