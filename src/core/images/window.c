/* The number of windows that fit into images. */

#include "images/window.h"

pg_status pg_window_count(size_t count[2], const pg_window *window,
                          const char *name, const pg_array *images,
                          pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    for (int i = 0; i < 2; i++) {
        size_t size = window->size[i], stride = window->stride[i], room;
        if (size == 0 || stride == 0)
            return pg_fail(err, PG_EARG, "%s: a %s of 0", name,
                           size == 0 ? "window" : "stride");
        if (__builtin_mul_overflow(window->padding[i], 2, &room) ||
            __builtin_add_overflow(room, images->shape[2 + i], &room) ||
            room > PTRDIFF_MAX)
            return pg_fail(err, PG_EARG, "%s: a padding of %zu is too large",
                           name, window->padding[i]);
        if (room < size)
            return pg_fail(err, PG_ESHAPE,
                           "%s: a window of %zu pixels does not fit into the "
                           "%zu of axis %d of shape %s, with a padding of %zu",
                           name, size, images->shape[2 + i], 3 + i,
                           pg_shape_text(text, images), window->padding[i]);
        count[i] = (room - size) / stride + 1;
    }
    return PG_OK;
}
