/* Pooling of planes in the lanes of registers, or one by one, tap by tap. */

#include "images/planes.h"

#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

pg_planes pg_planes_of(pg_pooling op, const pg_array *images,
                       const pg_array *windows, const pg_window *window)
{
    return (pg_planes){.op = op,
                       .window = window,
                       .dtype = images->dtype,
                       .count = images->shape[0] * images->shape[1],
                       .height = images->shape[2],
                       .width = images->shape[3],
                       .down = windows->shape[2],
                       .across = windows->shape[3],
                       .pixels = images->data,
                       .windows = windows->data};
}

/* --- side by side ----------------------------------------------------------
 */

/* A job is a group of planes. It goes through them by bands of windows, whose
   pixels fit into level 2 cache. */
typedef struct lanes {
    const pg_planes *planes;
    const pg_kernels *kernels;
    size_t item;            /* bytes */
    size_t band;            /* rows of windows */
    size_t *places;         /* of the pixels of a band */
    pg_span *columns;       /* of the windows of a row */
    size_t pixels, windows; /* of a band */
    char *workspaces;       /* pixels, windows and positions, twice */
    size_t workspace;       /* bytes of each */
} lanes;

/* The rows of pixels of `count` rows of windows. */
static pg_span rows_of(const pg_planes *p, size_t row, size_t count)
{
    pg_span first = pg_window_span(p->window, 0, row, p->height);
    pg_span last = pg_window_span(p->window, 0, row + count - 1, p->height);
    return (pg_span){first.first, last.end};
}

/* The span of a row of windows, less the rows before the band. */
static pg_span row_of(const pg_planes *p, size_t row, size_t before)
{
    pg_span span = pg_window_span(p->window, 0, row, p->height);
    return (pg_span){span.first - before, span.end - before};
}

/* Positions of a band's windows, (windows, lanes) within its pixels, to those
   of the planes. */
#define WIDEN(type, integer)                                                  \
    static void widen_##type(int64_t *out, size_t leading, const integer *in, \
                             size_t in_leading, size_t count, size_t n,       \
                             size_t before)                                   \
    {                                                                         \
        for (size_t k = 0; k < count; k++)                                    \
            for (size_t i = 0; i < n; i++)                                    \
                out[k * leading + i] =                                        \
                    (int64_t)in[k * in_leading + i] + (int64_t)before;        \
    }

WIDEN(float, pg_bits32)
WIDEN(double, pg_bits64)
PG_EXPECT_FLOATS(2);

static void write_positions(const lanes *c, size_t plane, size_t row,
                            size_t count, size_t windows, size_t before,
                            const char *in, char *dense)
{
    const pg_planes *p = c->planes;
    size_t leading = p->down * p->across;
    int64_t *out = p->positions + plane * leading + row * p->across;
    c->kernels->lanes_to_images(dense, windows, count, in, windows);
    if (p->dtype == PG_FLOAT32)
        widen_float(out, leading, (const pg_bits32 *)dense, windows, count,
                    windows, before);
    else
        widen_double(out, leading, (const pg_bits64 *)dense, windows, count,
                     windows, before);
}

/* The windows of a band, from their pixels. */
static void pool_band(const lanes *c, size_t plane, size_t count, size_t row,
                      size_t rows, char *pixels)
{
    const pg_planes *p = c->planes;
    const size_t *size = p->window->size;
    size_t line = c->kernels->lanes * c->item,
           size_of_plane = p->height * p->width;
    pg_span of_pixels = rows_of(p, row, rows);
    size_t before = of_pixels.first * p->width, windows = rows * p->across;
    char *out = pixels + c->pixels * line;
    char *positions = p->positions ? out + c->windows * line : NULL;
    c->kernels->images_to_lanes(
        pixels, c->places,
        (const char *)p->pixels + (plane * size_of_plane + before) * c->item,
        size_of_plane, count, (of_pixels.end - of_pixels.first) * p->width);
    for (size_t i = 0; i < rows; i++) {
        size_t at = i * p->across * line;
        pg_span span = row_of(p, row + i, of_pixels.first);
        if (p->op == PG_POOL_MAX)
            c->kernels->max_pool(out + at, positions ? positions + at : NULL,
                                 pixels, p->width, span, c->columns, p->across);
        else
            c->kernels->mean_pool(out + at, pixels, p->width, span, c->columns,
                                  p->across, (double)size[0] * (double)size[1]);
    }
    size_t all = p->down * p->across;
    c->kernels->lanes_to_images((char *)p->windows +
                                    (plane * all + row * p->across) * c->item,
                                all, count, out, windows);
    if (positions)
        write_positions(c, plane, row, count, windows, before, positions, out);
}

/* The pixels of whole planes, from their windows. */
static void spread_planes(const lanes *c, size_t plane, size_t count,
                          char *pixels)
{
    const pg_planes *p = c->planes;
    const size_t *size = p->window->size;
    size_t line = c->kernels->lanes * c->item;
    size_t all = p->height * p->width, windows = p->down * p->across;
    char *g = pixels + c->pixels * line;
    memset(pixels, 0, all * line);
    c->kernels->images_to_lanes(
        g, c->places, (const char *)p->windows + plane * windows * c->item,
        windows, count, windows);
    for (size_t i = 0; i < p->down; i++)
        c->kernels->mean_pool_gradient(
            pixels, g + i * p->across * line, p->width, row_of(p, i, 0),
            c->columns, p->across, (double)size[0] * (double)size[1]);
    c->kernels->lanes_to_images((char *)p->pixels + plane * all * c->item, all,
                                count, pixels, all);
}

static void pool_group(void *context, size_t job, int worker)
{
    const lanes *c = context;
    const pg_planes *p = c->planes;
    size_t plane = job * c->kernels->lanes;
    size_t count = pg_size_min(c->kernels->lanes, p->count - plane);
    char *workspace = c->workspaces + (size_t)worker * c->workspace;
    if (p->op == PG_POOL_MEAN_GRADIENT)
        spread_planes(c, plane, count, workspace);
    else
        for (size_t row = 0; row < p->down && !pg_interrupted(); row += c->band)
            pool_band(c, plane, count, row, pg_size_min(c->band, p->down - row),
                      workspace);
}

/* Sets the sizes of a band; false if the planes are better pooled one by
   one. */
static bool set_band(lanes *c)
{
    enum { MOST_BYTES = 1 << 20, BAND_BYTES = 1 << 17 };
    const pg_planes *p = c->planes;
    const pg_window *w = p->window;
    size_t side = c->kernels->lanes, line = side * c->item;
    size_t room = pg_size_divide_up(p->count, side) * side;
    if (p->count < room - room / 4 || p->height == 0 || p->width == 0 ||
        p->width > MOST_BYTES / line || p->across > MOST_BYTES / line)
        return false;
    size_t rows = BAND_BYTES / line / pg_size_max(p->width, p->across);
    size_t least = pg_size_min(w->size[0], p->height);
    c->band = rows <= least ? 1 : (rows - least) / w->stride[0] + 1;
    if (p->op == PG_POOL_MEAN_GRADIENT)
        c->band = p->down;
    c->band = pg_size_min(c->band, p->down);
    /* A band may stand anywhere: no row has more pixels than all of it. */
    size_t high = w->size[0] + (c->band - 1) * w->stride[0];
    high = p->op == PG_POOL_MEAN_GRADIENT ? p->height
                                          : pg_size_min(high, p->height);
    c->pixels = high * p->width;
    c->windows = c->band * p->across;
    return high <= MOST_BYTES / line / p->width &&
           c->band <= MOST_BYTES / line / p->across;
}

static pg_status pool_lanes(lanes *c, pg_error *err)
{
    enum { LEAST_WORK = 32768 }; /* pixels that more threads are worth */
    const pg_planes *p = c->planes;
    size_t jobs = pg_size_divide_up(p->count, c->kernels->lanes);
    int workers = p->height * p->width < LEAST_WORK / p->count
                      ? 1
                      : (int)pg_size_min(jobs, (size_t)pg_threads());
    size_t most = pg_size_max(c->pixels, c->windows);
    size_t places_bytes = most * sizeof *c->places;
    size_t columns_bytes = p->across * sizeof *c->columns;
    c->workspace = (c->pixels + 2 * c->windows) * c->kernels->lanes * c->item;
    size_t bytes = c->workspace * (size_t)workers;
    c->places = pg_malloc(places_bytes);
    c->columns = pg_malloc(columns_bytes);
    c->workspaces = pg_malloc(bytes);
    pg_status status = PG_OK;
    if (!c->places || !c->columns || !c->workspaces) {
        status = pg_fail_memory(err, bytes);
    } else {
        for (size_t i = 0; i < most; i++)
            c->places[i] = i * c->kernels->lanes;
        for (size_t i = 0; i < p->across; i++)
            c->columns[i] = pg_window_span(p->window, 1, i, p->width);
        pg_parallel_for_workers(workers, jobs, pool_group, c);
    }
    pg_free(c->places, places_bytes);
    pg_free(c->columns, columns_bytes);
    pg_free(c->workspaces, bytes);
    return status;
}

/* --- one by one ------------------------------------------------------------
 */

/* The windows first .. end - 1 along an axis whose `tap`-th pixel is inside,
   and the index of that pixel in the first of them. */
typedef struct taps {
    size_t first, end, at;
} taps;

static taps taps_of(const pg_planes *p, int axis, size_t tap)
{
    size_t stride = p->window->stride[axis], padding = p->window->padding[axis];
    size_t length = axis == 0 ? p->height : p->width;
    size_t count = axis == 0 ? p->down : p->across;
    taps t = {.first = 0, .end = 0, .at = 0};
    if (tap < padding)
        t.first = pg_size_divide_up(padding - tap, stride);
    if (length + padding > tap)
        t.end = pg_size_min(count,
                            pg_size_divide_up(length + padding - tap, stride));
    t.at = t.first * stride + tap - padding;
    return t;
}

/* The taps of windows along an axis that may be inside. */
static pg_span taps_inside(const pg_planes *p, int axis)
{
    const pg_window *w = p->window;
    size_t length = axis == 0 ? p->height : p->width;
    size_t count = axis == 0 ? p->down : p->across;
    size_t farthest = (count - 1) * w->stride[axis], padding = w->padding[axis];
    return (pg_span){padding > farthest ? padding - farthest : 0,
                     pg_size_min(w->size[axis], length + padding)};
}

/* Each pixel of a plane that is in a window, tap by tap, so that the loop over
   a row of windows has no branch: x is the pixel, at its index, and o the
   window's number, at index w. */
#define EACH_TAP(type, statement)                                            \
    for (size_t a = tall.first; a < tall.end; a++) {                         \
        taps down = taps_of(p, 0, a);                                        \
        for (size_t b = wide.first; b < wide.end; b++) {                     \
            taps across = taps_of(p, 1, b);                                  \
            for (size_t i = down.first; i < down.end; i++) {                 \
                size_t row = down.at + (i - down.first) * stride[0];         \
                size_t at = row * p->width + across.at;                      \
                for (size_t j = across.first; j < across.end; j++) {         \
                    type *x = pixels + at, *o = windows + i * p->across + j; \
                    statement;                                               \
                    at += stride[1];                                         \
                }                                                            \
            }                                                                \
        }                                                                    \
    }

#define POOL(type)                                                           \
    static void pool_##type(const pg_planes *p, size_t plane)                \
    {                                                                        \
        const size_t *stride = p->window->stride;                            \
        pg_span tall = taps_inside(p, 0), wide = taps_inside(p, 1);          \
        size_t n = p->down * p->across, all = p->height * p->width;          \
        type *windows = (type *)p->windows + plane * n;                      \
        type *pixels = (type *)p->pixels + plane * all;                      \
        type area =                                                          \
            (type)((double)p->window->size[0] * (double)p->window->size[1]); \
        if (p->op == PG_POOL_MEAN_GRADIENT) {                                \
            memset(pixels, 0, all * sizeof *pixels);                         \
            EACH_TAP(type, *x += *o / area)                                  \
        } else if (p->op == PG_POOL_MEAN) {                                  \
            memset(windows, 0, n * sizeof *windows);                         \
            EACH_TAP(type, *o += *x)                                         \
            for (size_t i = 0; i < n; i++)                                   \
                windows[i] /= area;                                          \
        } else if (!p->positions) {                                          \
            for (size_t i = 0; i < n; i++)                                   \
                windows[i] = -(type)INFINITY;                                \
            EACH_TAP(type, *o = *x > *o || isnan(*x) ? *x : *o)              \
        } else {                                                             \
            int64_t *positions = p->positions + plane * n;                   \
            memset(positions, 0, n * sizeof *positions);                     \
            EACH_TAP(                                                        \
                type, int64_t *position = positions + i * p->across + j;     \
                if (*position == 0 || *x > *o || isnan(*x)) {                \
                    *o = *x;                                                 \
                    *position = (int64_t)at + 1;                             \
                })                                                           \
        }                                                                    \
    }

POOL(float)
POOL(double)
PG_EXPECT_FLOATS(2);

static void pool_plane(void *context, size_t plane)
{
    const pg_planes *p = context;
    if (p->dtype == PG_FLOAT32)
        pool_float(p, plane);
    else
        pool_double(p, plane);
}

pg_status pg_planes_pool(const pg_planes *planes, pg_error *err)
{
    enum { LEAST_WORK = 32768 }; /* pixels that more threads are worth */
    pg_planes p = *planes;
    lanes c = {.planes = &p,
               .kernels = pg_kernels_for(p.dtype),
               .item = pg_dtype_size(p.dtype)};
    if (p.count == 0)
        return PG_OK;
    if (set_band(&c))
        return pool_lanes(&c, err);
    pg_parallel_for(p.count, p.height * p.width >= LEAST_WORK / p.count,
                    pool_plane, &p);
    return PG_OK;
}
