/* Pooling: windows, tap by tap. */

#include "images/pooling.h"

#include <math.h>
#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "base/parallel.h"

typedef struct pooling {
    const pg_window *window;
    const pg_array *in;
    const pg_array *out;
    bool is_mean;
} pooling;

/* The windows first .. end - 1 along an axis whose `tap`-th pixel is inside,
   and the index of that pixel in the first of them. */
typedef struct taps {
    size_t first, end, at;
} taps;

static taps taps_of(const pooling *p, int axis, size_t tap)
{
    size_t stride = p->window->stride[axis], padding = p->window->padding[axis];
    size_t length = p->in->shape[2 + axis], count = p->out->shape[2 + axis];
    taps t = {.first = 0, .end = 0, .at = 0};
    if (tap < padding)
        t.first = pg_size_divide_up(padding - tap, stride);
    if (length + padding > tap)
        t.end = pg_size_min(count,
                            pg_size_divide_up(length + padding - tap, stride));
    t.at = t.first * stride + tap - padding;
    return t;
}

/* A plane (height, width) of in gives one of out: tap by tap, so that the loop
   over a row of windows has no branch. */
#define POOL(type)                                                           \
    static void pool_##type(const pooling *p, type *out, const type *in)     \
    {                                                                        \
        const size_t *size = p->window->size, *stride = p->window->stride;   \
        size_t height = p->out->shape[2], width = p->out->shape[3];          \
        for (size_t i = 0; i < height * width; i++)                          \
            out[i] = p->is_mean ? 0 : -(type)INFINITY;                       \
        for (size_t a = 0; a < size[0]; a++) {                               \
            taps down = taps_of(p, 0, a);                                    \
            for (size_t b = 0; b < size[1]; b++) {                           \
                taps across = taps_of(p, 1, b);                              \
                for (size_t i = down.first; i < down.end; i++) {             \
                    size_t row = down.at + (i - down.first) * stride[0];     \
                    const type *x = in + row * p->in->shape[3] + across.at;  \
                    type *o = out + i * width;                               \
                    if (p->is_mean)                                          \
                        for (size_t j = across.first; j < across.end; j++) { \
                            o[j] += *x;                                      \
                            x += stride[1];                                  \
                        }                                                    \
                    else                                                     \
                        for (size_t j = across.first; j < across.end; j++) { \
                            o[j] = *x > o[j] || isnan(*x) ? *x : o[j];       \
                            x += stride[1];                                  \
                        }                                                    \
                }                                                            \
            }                                                                \
        }                                                                    \
        for (size_t i = 0; p->is_mean && i < height * width; i++)            \
            out[i] /= (type)(size[0] * size[1]);                             \
    }

POOL(float)
POOL(double)
PG_EXPECT_FLOATS(2);

static void pool_plane(void *context, size_t plane)
{
    const pooling *p = context;
    size_t in = plane * p->in->shape[2] * p->in->shape[3];
    size_t out = plane * p->out->shape[2] * p->out->shape[3];
    if (p->in->dtype == PG_FLOAT32)
        pool_float(p, (float *)p->out->data + out,
                   (const float *)p->in->data + in);
    else
        pool_double(p, (double *)p->out->data + out,
                    (const double *)p->in->data + in);
}

pg_status pg_pool_check(size_t count[2], const pg_array *images,
                        const pg_window *window, const char *name,
                        pg_error *err)
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

static pg_status pool(pg_array *out, const pg_array *images,
                      const pg_window *window, bool is_mean, pg_error *err)
{
    enum { LEAST_WORK = 32768 }; /* pixels that more threads are worth */
    const char *name = is_mean ? "avg_pool2d" : "max_pool2d";
    pg_array x = {0};
    size_t count[2];
    memset(out, 0, sizeof *out);
    pg_status status = pg_pool_check(count, images, window, name, err);
    if (status != PG_OK)
        return status;
    size_t shape[] = {images->shape[0], images->shape[1], count[0], count[1]};
    pg_dtype dtype =
        pg_dtype_is_float(images->dtype) ? images->dtype : PG_FLOAT64;
    status = pg_array_as(&x, images, dtype, err);
    if (status == PG_OK)
        status = pg_array_new(out, dtype, 4, shape, err);
    if (status == PG_OK && pg_array_size(out) > 0) {
        pooling p = {window, &x, out, is_mean};
        pg_parallel_for(shape[0] * shape[1], pg_array_size(&x) >= LEAST_WORK,
                        pool_plane, &p);
    }
    pg_array_release(&x);
    return pg_array_end(out, status, err);
}

pg_status pg_max_pool2d(pg_array *out, const pg_array *images,
                        const pg_window *window, pg_error *err)
{
    return pool(out, images, window, false, err);
}

pg_status pg_avg_pool2d(pg_array *out, const pg_array *images,
                        const pg_window *window, pg_error *err)
{
    return pool(out, images, window, true, err);
}
