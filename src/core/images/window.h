/*
 * window.h -- windows that move over images.
 *
 * Images are (n, channels, height, width). A window moves over each image,
 * `stride` pixels at a time, and begins `padding` pixels outside of it. So
 * there are (length + 2 padding - size) / stride + 1 windows along an axis,
 * rounded down.
 */
#ifndef PG_WINDOW_H
#define PG_WINDOW_H

#include "array/array.h"
#include "kernels/span.h"

/* Down and across. */
typedef struct pg_window {
    size_t size[2], stride[2], padding[2];
} pg_window;

/* count[0] windows down and count[1] across. PG_EARG for a size or a stride of
   0, PG_ESHAPE if not one window fits; `name` is the function's. */
pg_status pg_window_count(size_t count[2], const pg_window *window,
                          const char *name, const pg_array *images,
                          pg_error *err);

/* The stride of `count` windows along an axis: that of one window is 1, however
   large it is, so that a canvas is no larger than the images. */
static inline size_t pg_window_stride(const pg_window *window, int axis,
                                      size_t count)
{
    return count == 1 ? 1 : window->stride[axis];
}

/* The pixels of a window that are inside, along an axis of this length. */
static inline pg_span pg_window_span(const pg_window *window, int axis,
                                     size_t index, size_t length)
{
    size_t padding = window->padding[axis];
    size_t first = index * window->stride[axis];
    size_t end = first + window->size[axis];
    end = end > padding ? pg_size_min(end - padding, length) : 0;
    first = first > padding ? pg_size_min(first - padding, length) : 0;
    return (pg_span){first, end};
}

#endif
