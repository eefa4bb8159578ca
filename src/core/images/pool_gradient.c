/* Gradients of pooling: where the greatest pixels are, and sums over windows.
 */

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "images/pooling.h"

enum { LEAST_WORK = 32768 }; /* pixels that more threads are worth */

/* Arrays of planes: images (n, channels, height, width), and a number or a
   position for each window. A job is a plane. */
typedef struct planes {
    const pg_window *window;
    const pg_array *images, *windows;
    int64_t *positions;
    size_t pixels, count; /* of a plane: pixels, windows */
    atomic_bool failed;
} planes;

static planes planes_of(const pg_array *images, const pg_array *windows)
{
    return (planes){.images = images,
                    .windows = windows,
                    .pixels = images->shape[2] * images->shape[3],
                    .count = windows->shape[2] * windows->shape[3]};
}

/* Runs a job for each plane. */
static void each_plane(planes *p, pg_job job)
{
    size_t n = p->images->shape[0] * p->images->shape[1];
    pg_parallel_for(n, n * p->pixels >= LEAST_WORK, job, p);
}

/* --- the greatest pixels ---------------------------------------------------
 */

#define FIND(type)                                                           \
    static void find_##type(const planes *p, size_t plane)                   \
    {                                                                        \
        const pg_array *x = p->images;                                       \
        size_t width = x->shape[3], across = p->windows->shape[3];           \
        const type *in = (const type *)x->data + plane * p->pixels;          \
        type *out = p->windows->data                                         \
                        ? (type *)p->windows->data + plane * p->count        \
                        : NULL;                                              \
        int64_t *positions = p->positions + plane * p->count;                \
        for (size_t w = 0; w < p->count; w++) {                              \
            pg_span down =                                                   \
                pg_window_span(p->window, 0, w / across, x->shape[2]);       \
            pg_span along = pg_window_span(p->window, 1, w % across, width); \
            size_t at = down.first * width + along.first;                    \
            type greatest = in[at];                                          \
            for (size_t i = down.first; i < down.end; i++)                   \
                for (size_t j = along.first; j < along.end; j++) {           \
                    type pixel = in[i * width + j];                          \
                    if (pixel > greatest || isnan(pixel)) {                  \
                        greatest = pixel;                                    \
                        at = i * width + j;                                  \
                    }                                                        \
                }                                                            \
            positions[w] = (int64_t)at + 1;                                  \
            if (out)                                                         \
                out[w] = greatest;                                           \
        }                                                                    \
    }

FIND(float)
FIND(double)
PG_EXPECT_FLOATS(2);

static void find_plane(void *context, size_t plane)
{
    const planes *p = context;
    if (p->images->dtype == PG_FLOAT32)
        find_float(p, plane);
    else
        find_double(p, plane);
}

pg_status pg_max_pool2d_positions(pg_array *out, pg_array *positions,
                                  const pg_array *images,
                                  const pg_window *window, pg_error *err)
{
    static const char name[] = "max_pool2d_positions";
    char text[PG_SHAPE_TEXT];
    pg_array x = {0};
    size_t count[2];
    memset(out, 0, sizeof *out);
    memset(positions, 0, sizeof *positions);
    pg_status status = pg_pool_check(count, images, window, name, err);
    if (status != PG_OK)
        return status;
    size_t shape[] = {images->shape[0], images->shape[1], count[0], count[1]};
    bool is_empty = shape[0] * shape[1] == 0;
    if (!is_empty && images->shape[2] * images->shape[3] == 0)
        return pg_fail(err, PG_ESHAPE, "%s: no pixels in images of shape %s",
                       name, pg_shape_text(text, images));
    pg_dtype dtype =
        pg_dtype_is_float(images->dtype) ? images->dtype : PG_FLOAT64;
    status = pg_array_as(&x, images, dtype, err);
    if (status == PG_OK)
        status = pg_array_new(positions, PG_INT64, 4, shape, err);
    if (status == PG_OK)
        status = pg_array_new(out, dtype, 4, shape, err);
    if (status == PG_OK) {
        planes p = planes_of(&x, out);
        p.window = window;
        p.positions = positions->data;
        each_plane(&p, find_plane);
    }
    pg_array_release(&x);
    status = pg_array_end(out, status, err);
    if (status != PG_OK)
        pg_array_release(positions);
    return status;
}

/* --- numbers at positions --------------------------------------------------
 */

/* PG_EINDEX for the first position that is not in a plane. */
static pg_status fail_position(const planes *p, const char *name, pg_error *err)
{
    size_t n = p->images->shape[0] * p->images->shape[1] * p->count;
    for (size_t i = 0; i < n; i++)
        if (p->positions[i] < 1 || (uint64_t)p->positions[i] > p->pixels)
            return pg_fail(err, PG_EINDEX,
                           "%s: a position must be in 1 .. %zu, found %lld",
                           name, p->pixels, (long long)p->positions[i]);
    return PG_OK;
}

/* Position by position: scatter adds, gather copies. */
#define MOVE(name, type, move)                                       \
    static void name##_##type(planes *p, size_t plane)               \
    {                                                                \
        type *pixels = (type *)p->images->data + plane * p->pixels;  \
        type *numbers = (type *)p->windows->data + plane * p->count; \
        const int64_t *position = p->positions + plane * p->count;   \
        for (size_t i = 0; i < p->count; i++) {                      \
            uint64_t at = (uint64_t)position[i] - 1;                 \
            if (at >= p->pixels) {                                   \
                atomic_store(&p->failed, true);                      \
                return;                                              \
            }                                                        \
            move;                                                    \
        }                                                            \
    }

#define SCATTER(type) MOVE(scatter, type, pixels[at] += numbers[i])
#define GATHER(type) MOVE(gather, type, numbers[i] = pixels[at])

SCATTER(float)
SCATTER(double)
GATHER(float)
GATHER(double)
PG_EXPECT_FLOATS(2);

static void scatter_plane(void *context, size_t plane)
{
    planes *p = context;
    size_t bytes = p->pixels * pg_dtype_size(p->images->dtype);
    memset((char *)p->images->data + plane * bytes, 0, bytes);
    if (p->images->dtype == PG_FLOAT32)
        scatter_float(p, plane);
    else
        scatter_double(p, plane);
}

static void gather_plane(void *context, size_t plane)
{
    planes *p = context;
    if (p->images->dtype == PG_FLOAT32)
        gather_float(p, plane);
    else
        gather_double(p, plane);
}

/* PG_ESHAPE unless a plane of the images belongs to one of the windows. */
static pg_status check_planes(const char *name, const pg_array *images,
                              const pg_array *windows, pg_error *err)
{
    char ti[PG_SHAPE_TEXT], tw[PG_SHAPE_TEXT];
    if (images->ndim == 4 && windows->ndim == 4 &&
        images->shape[0] == windows->shape[0] &&
        images->shape[1] == windows->shape[1])
        return PG_OK;
    return pg_fail(err, PG_ESHAPE,
                   "%s: windows of shape %s do not fit images of shape %s",
                   name, pg_shape_text(tw, windows), pg_shape_text(ti, images));
}

static pg_dtype float_of(const pg_array *a)
{
    return pg_dtype_is_float(a->dtype) ? a->dtype : PG_FLOAT64;
}

pg_status pg_pool_scatter(pg_array *out, const pg_array *g,
                          const pg_array *positions, const size_t shape[4],
                          pg_error *err)
{
    static const char name[] = "pool_scatter";
    char tg[PG_SHAPE_TEXT], tp[PG_SHAPE_TEXT];
    pg_array from = {0}, places = {0}, images = {.ndim = 4};
    memset(out, 0, sizeof *out);
    memcpy(images.shape, shape, 4 * sizeof *shape);
    pg_status status = check_planes(name, &images, positions, err);
    if (status == PG_OK && !pg_array_same_shape(g, positions))
        status =
            pg_fail(err, PG_ESHAPE,
                    "%s: gradients of shape %s and positions of shape %s", name,
                    pg_shape_text(tg, g), pg_shape_text(tp, positions));
    if (status == PG_OK)
        status = pg_array_as(&from, g, float_of(g), err);
    if (status == PG_OK)
        status = pg_array_integers(&places, positions, name, err);
    if (status == PG_OK)
        status = pg_array_new(out, from.dtype, 4, shape, err);
    if (status == PG_OK) {
        planes p = planes_of(out, &from);
        p.positions = places.data;
        each_plane(&p, scatter_plane);
        if (p.failed)
            status = fail_position(&p, name, err);
    }
    pg_array_release(&from);
    pg_array_release(&places);
    return pg_array_end(out, status, err);
}

pg_status pg_pool_gather(pg_array *out, const pg_array *images,
                         const pg_array *positions, pg_error *err)
{
    static const char name[] = "pool_gather";
    pg_array x = {0}, places = {0};
    memset(out, 0, sizeof *out);
    pg_status status = check_planes(name, images, positions, err);
    if (status == PG_OK)
        status = pg_array_as(&x, images, float_of(images), err);
    if (status == PG_OK)
        status = pg_array_integers(&places, positions, name, err);
    if (status == PG_OK)
        status = pg_array_new(out, x.dtype, 4, positions->shape, err);
    if (status == PG_OK) {
        planes p = planes_of(&x, out);
        p.positions = places.data;
        each_plane(&p, gather_plane);
        if (p.failed)
            status = fail_position(&p, name, err);
    }
    pg_array_release(&x);
    pg_array_release(&places);
    return pg_array_end(out, status, err);
}

/* --- means -----------------------------------------------------------------
 */

/* Each pixel gets its share of the gradients of the windows that it is in. */
#define SPREAD(type)                                                         \
    static void spread_##type(const planes *p, size_t plane)                 \
    {                                                                        \
        const size_t *size = p->window->size;                                \
        size_t height = p->images->shape[2], width = p->images->shape[3];    \
        size_t across = p->windows->shape[3];                                \
        const type *g = (const type *)p->windows->data + plane * p->count;   \
        type *out = (type *)p->images->data + plane * p->pixels;             \
        memset(out, 0, p->pixels * sizeof *out);                             \
        for (size_t w = 0; w < p->count; w++) {                              \
            pg_span down = pg_window_span(p->window, 0, w / across, height); \
            pg_span along = pg_window_span(p->window, 1, w % across, width); \
            type share = g[w] / (type)(size[0] * size[1]);                   \
            for (size_t i = down.first; i < down.end; i++)                   \
                for (size_t j = along.first; j < along.end; j++)             \
                    out[i * width + j] += share;                             \
        }                                                                    \
    }

SPREAD(float)
SPREAD(double)
PG_EXPECT_FLOATS(2);

static void spread_plane(void *context, size_t plane)
{
    const planes *p = context;
    if (p->images->dtype == PG_FLOAT32)
        spread_float(p, plane);
    else
        spread_double(p, plane);
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
    pg_status status = pg_pool_check(count, &images, window, name, err);
    if (status == PG_OK)
        status = check_planes(name, &images, g, err);
    if (status == PG_OK && (g->shape[2] != count[0] || g->shape[3] != count[1]))
        status = pg_fail(err, PG_ESHAPE,
                         "%s: gradients of shape %s, but %zu x %zu windows of "
                         "images of shape %s",
                         name, pg_shape_text(tg, g), count[0], count[1],
                         pg_shape_text(ti, &images));
    if (status == PG_OK)
        status = pg_array_as(&from, g, float_of(g), err);
    if (status == PG_OK)
        status = pg_array_new(out, from.dtype, 4, shape, err);
    if (status == PG_OK) {
        planes p = planes_of(out, &from);
        p.window = window;
        each_plane(&p, spread_plane);
    }
    pg_array_release(&from);
    return pg_array_end(out, status, err);
}
