/* Sums and reads at positions of planes, for gradients of pooling. */

#include <stdatomic.h>
#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "images/pooling.h"

/* Images (n, channels, height, width), and the numbers and the positions of
   their windows. A job is a group of planes: taking one costs as much as a
   small plane. */
typedef struct placed placed;
struct placed {
    const pg_array *images, *windows;
    const int64_t *positions;
    size_t planes, pixels, count; /* pixels and windows of a plane */
    size_t group;                 /* planes of a job */
    void (*move)(placed *p, size_t plane);
    atomic_bool failed; /* at a position outside */
};

/* PG_EINDEX for the first position that is not in a plane. */
static pg_status fail_position(const placed *p, const char *name, pg_error *err)
{
    size_t n = p->planes * p->count;
    for (size_t i = 0; i < n; i++)
        if (p->positions[i] < 1 || (uint64_t)p->positions[i] > p->pixels)
            return pg_fail(err, PG_EINDEX,
                           "%s: a position must be in 1 .. %zu, found %lld",
                           name, p->pixels, (long long)p->positions[i]);
    return PG_OK;
}

/* Position by position: scatter adds, gather copies. */
#define MOVE(name, type, move)                                       \
    static void name##_##type(placed *p, size_t plane)               \
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

static void scatter_plane(placed *p, size_t plane)
{
    size_t bytes = p->pixels * pg_dtype_size(p->images->dtype);
    memset((char *)p->images->data + plane * bytes, 0, bytes);
    if (p->images->dtype == PG_FLOAT32)
        scatter_float(p, plane);
    else
        scatter_double(p, plane);
}

static void gather_plane(placed *p, size_t plane)
{
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

static void move_group(void *context, size_t job)
{
    placed *p = context;
    size_t first = job * p->group;
    size_t end = first + pg_size_min(p->group, p->planes - first);
    for (size_t plane = first; plane < end; plane++)
        p->move(p, plane);
}

/* Moves the numbers of each plane. */
static pg_status run(void (*move)(placed *, size_t), const pg_array *images,
                     const pg_array *windows, const pg_array *positions,
                     const char *name, pg_error *err)
{
    enum { LEAST_WORK = 32768, GROUP = 16384 }; /* pixels */
    placed p = {.images = images,
                .windows = windows,
                .positions = positions->data,
                .planes = images->shape[0] * images->shape[1],
                .pixels = images->shape[2] * images->shape[3],
                .count = windows->shape[2] * windows->shape[3],
                .move = move};
    p.group = 1 + GROUP / (1 + pg_size_max(p.pixels, p.count));
    size_t work = pg_size_max(p.pixels, p.count);
    pg_parallel_for(pg_size_divide_up(p.planes, p.group),
                    p.planes > 0 && work >= LEAST_WORK / p.planes, move_group,
                    &p);
    return p.failed ? fail_position(&p, name, err) : PG_OK;
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
        status = pg_array_as(&from, g, pg_pooling_dtype(g), err);
    if (status == PG_OK)
        status = pg_array_integers(&places, positions, name, err);
    if (status == PG_OK)
        status = pg_array_new(out, from.dtype, 4, shape, err);
    if (status == PG_OK)
        status = run(scatter_plane, out, &from, &places, name, err);
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
        status = pg_array_as(&x, images, pg_pooling_dtype(images), err);
    if (status == PG_OK)
        status = pg_array_integers(&places, positions, name, err);
    if (status == PG_OK)
        status = pg_array_new(out, x.dtype, 4, positions->shape, err);
    if (status == PG_OK)
        status = run(gather_plane, &x, out, &places, name, err);
    pg_array_release(&x);
    pg_array_release(&places);
    return pg_array_end(out, status, err);
}
