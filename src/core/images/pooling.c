/* The greatest pixels of windows, and their means, with their gradients. */

#include "images/pooling.h"

#include <string.h>

#include "array/copy.h"
#include "images/planes.h"

static pg_status check(size_t count[2], const pg_array *images,
                       const pg_window *window, const char *name, pg_error *err)
{
    char text[PG_SHAPE_TEXT];
    if (images->ndim != 4)
        return pg_fail(err, PG_ESHAPE,
                       "%s: images (n, channels, height, width) expected, "
                       "found shape %s",
                       name, pg_shape_text(text, images));
    for (int i = 0; i < 2; i++)
        if (window->padding[i] > window->size[i] / 2)
            return pg_fail(err, PG_EARG,
                           "%s: a padding of %zu is more than half of the "
                           "window's %zu pixels",
                           name, window->padding[i], window->size[i]);
    return pg_window_count(count, window, name, images, err);
}

/* positions may be NULL. */
static pg_status pool(pg_array *out, pg_array *positions,
                      const pg_array *images, const pg_window *window,
                      pg_pooling op, const char *name, pg_error *err)
{
    pg_array x = {0};
    size_t count[2];
    memset(out, 0, sizeof *out);
    pg_status status = check(count, images, window, name, err);
    if (status != PG_OK)
        return status;
    size_t shape[] = {images->shape[0], images->shape[1], count[0], count[1]};
    status = pg_array_as(&x, images, pg_pooling_dtype(images), err);
    if (status == PG_OK && positions)
        status = pg_array_new(positions, PG_INT64, 4, shape, err);
    if (status == PG_OK)
        status = pg_array_new(out, x.dtype, 4, shape, err);
    if (status == PG_OK) {
        pg_planes planes = pg_planes_of(op, &x, out, window);
        planes.positions = positions ? positions->data : NULL;
        status = pg_planes_pool(&planes, err);
    }
    pg_array_release(&x);
    return pg_array_end(out, status, err);
}

pg_dtype pg_pooling_dtype(const pg_array *a)
{
    return pg_dtype_is_float(a->dtype) ? a->dtype : PG_FLOAT64;
}

pg_status pg_max_pool2d(pg_array *out, const pg_array *images,
                        const pg_window *window, pg_error *err)
{
    return pool(out, NULL, images, window, PG_POOL_MAX, "max_pool2d", err);
}

pg_status pg_avg_pool2d(pg_array *out, const pg_array *images,
                        const pg_window *window, pg_error *err)
{
    return pool(out, NULL, images, window, PG_POOL_MEAN, "avg_pool2d", err);
}

pg_status pg_max_pool2d_positions(pg_array *out, pg_array *positions,
                                  const pg_array *images,
                                  const pg_window *window, pg_error *err)
{
    static const char name[] = "max_pool2d_positions";
    char text[PG_SHAPE_TEXT];
    memset(out, 0, sizeof *out);
    memset(positions, 0, sizeof *positions);
    if (images->ndim == 4 && images->shape[0] > 0 && images->shape[1] > 0 &&
        pg_array_size(images) == 0)
        return pg_fail(err, PG_ESHAPE, "%s: no pixels in images of shape %s",
                       name, pg_shape_text(text, images));
    pg_status status =
        pool(out, positions, images, window, PG_POOL_MAX, name, err);
    if (status != PG_OK)
        pg_array_release(positions);
    return status;
}

pg_status pg_avg_pool2d_gradient(pg_array *out, const pg_array *g,
                                 const size_t shape[4], const pg_window *window,
                                 pg_error *err)
{
    static const char name[] = "avg_pool2d_gradient";
    char tg[PG_SHAPE_TEXT], ti[PG_SHAPE_TEXT];
    pg_array from = {0}, images = {.ndim = 4};
    size_t count[2];
    memset(out, 0, sizeof *out);
    memcpy(images.shape, shape, 4 * sizeof *shape);
    pg_status status = check(count, &images, window, name, err);
    if (status != PG_OK)
        return status;
    size_t expected[] = {shape[0], shape[1], count[0], count[1]};
    if (g->ndim != 4 || memcmp(g->shape, expected, sizeof expected) != 0)
        return pg_fail(err, PG_ESHAPE,
                       "%s: gradients of shape %s do not fit %zu x %zu windows "
                       "of images of shape %s",
                       name, pg_shape_text(tg, g), count[0], count[1],
                       pg_shape_text(ti, &images));
    status = pg_array_as(&from, g, pg_pooling_dtype(g), err);
    if (status == PG_OK)
        status = pg_array_new(out, from.dtype, 4, shape, err);
    if (status == PG_OK) {
        pg_planes planes =
            pg_planes_of(PG_POOL_MEAN_GRADIENT, out, &from, window);
        status = pg_planes_pool(&planes, err);
    }
    pg_array_release(&from);
    return pg_array_end(out, status, err);
}
