/* Convolutions: kernels that move along the rows of canvases. */

#include "images/convolution.h"

#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "images/canvas.h"

/* A convolution over canvases. With one image at a place, the windows of all
   rows are one row of sums; the sums at the ends of rows, whose windows
   continue in the next row, are left out. With several images, a band of rows
   is computed at a time, so that it is in level 2 cache when it is cut into
   images; kernel rows outside of the images are left out. */
typedef struct convolution {
    pg_canvas canvas;
    size_t n;
    const char *images, *weights; /* weights (outputs, taps) */
    char *out;
    size_t outputs, kernel[2];
    size_t down, across;   /* windows */
    size_t taps, *offsets; /* of each tap, on a canvas */
    size_t groups;         /* of outputs */
    size_t sums, room;     /* elements for an output, and their room */
    size_t band;           /* rows of windows */
    char *workspaces;      /* a canvas and sums for each worker */
    size_t workspace;      /* bytes of each */
} convolution;

enum { GROUP = 16 }; /* outputs of a job */

static void convolve_image(const convolution *c, char *out, const char *canvas,
                           char *sums, size_t first, size_t count)
{
    size_t item = c->canvas.item, row_bytes = c->across * item;
    c->canvas.kernels->convolve(sums, c->room, count,
                                c->weights + first * c->taps * item, c->taps,
                                c->taps, canvas, c->offsets, c->sums);
    for (size_t o = 0; o < count; o++)
        for (size_t i = 0; i < c->down; i++, out += row_bytes)
            memcpy(out, sums + (o * c->room + i * c->canvas.columns) * item,
                   row_bytes);
}

/* The sums of a row of windows. */
static void convolve_row(const convolution *c, char *sums, const char *canvas,
                         size_t row, size_t first, size_t count)
{
    const pg_canvas *v = &c->canvas;
    size_t row_taps = c->taps / c->kernel[0], top = row * v->stride[0];
    size_t begin = v->first > top ? v->first - top : 0;
    size_t end = v->end > top ? pg_size_min(c->kernel[0], v->end - top) : 0;
    begin = pg_size_min(begin, end) * row_taps;
    end *= row_taps;
    v->kernels->convolve(
        sums, c->room, count, c->weights + (first * c->taps + begin) * v->item,
        c->taps, end - begin, canvas + row * v->columns * v->side * v->item,
        c->offsets + begin, c->across * v->side);
}

static void convolve_lanes(const convolution *c, char *out, const char *canvas,
                           char *sums, size_t first, size_t count,
                           size_t images)
{
    const pg_canvas *v = &c->canvas;
    size_t windows = c->down * c->across;
    for (size_t i = 0; i < c->down; i += c->band) {
        size_t rows = pg_size_min(c->band, c->down - i);
        for (size_t row = 0; row < rows; row++)
            convolve_row(c, sums + row * c->across * v->side * v->item, canvas,
                         i + row, first, count);
        for (size_t o = 0; o < count; o++)
            v->kernels->lanes_to_images(
                out + (o * windows + i * c->across) * v->item,
                c->outputs * windows, images, sums + o * c->room * v->item,
                rows * c->across);
    }
}

static void convolve_group(void *context, size_t job, int worker)
{
    const convolution *c = context;
    const pg_canvas *v = &c->canvas;
    size_t image = job / c->groups * v->side, first = job % c->groups * GROUP;
    size_t images = pg_size_min(v->side, c->n - image);
    size_t count = pg_size_min(GROUP, c->outputs - first);
    char *canvas = c->workspaces + (size_t)worker * c->workspace;
    char *sums = canvas + v->size * v->item;
    size_t pixels = v->channels * v->height * v->width;
    char *out =
        c->out + (image * c->outputs + first) * c->down * c->across * v->item;
    pg_canvas_fill(v, canvas, c->images + image * pixels * v->item, pixels,
                   images);
    if (v->side > 1)
        convolve_lanes(c, out, canvas, sums, first, count, images);
    else
        convolve_image(c, out, canvas, sums, first, count);
}

/* Sets the sizes of sums and workspaces; false if they do not fit into
   memory. */
static bool set_sizes(convolution *c)
{
    enum { BAND_BYTES = 1 << 18 };
    const pg_canvas *v = &c->canvas;
    size_t lanes = v->kernels->lanes;
    c->groups = pg_size_divide_up(c->outputs, GROUP);
    if (v->side > 1) {
        size_t row = c->across * v->side;
        c->band = BAND_BYTES / (row * v->item * pg_size_min(GROUP, c->outputs));
        c->band = pg_size_max(1, pg_size_min(c->band, c->down));
        c->sums = c->band * row;
    } else {
        c->sums = (c->down - 1) * v->columns + c->across;
    }
    c->room = pg_size_divide_up(c->sums, lanes) * lanes;
    if (c->room > PTRDIFF_MAX / 1024)
        return false;
    c->workspace = pg_size_lines((v->size + GROUP * c->room) * v->item);
    return true;
}

static pg_status convolve(convolution *c, pg_error *err)
{
    enum {
        LEAST_WORK = 100000
    }; /* multiply-adds that more threads are worth */
    pg_canvas *v = &c->canvas;
    v->side = pg_canvas_side(v->kernels, v->item, c->n, v->channels,
                             v->canvas_height, v->canvas_width);
    pg_status status = pg_canvas_open(v, err);
    if (status != PG_OK)
        return status;
    size_t bytes = 0, offsets_bytes = c->taps * sizeof *c->offsets;
    bool fits = set_sizes(c);
    size_t jobs = pg_size_divide_up(c->n, v->side) * c->groups;
    size_t work = c->taps * c->down * c->across;
    int workers = work * c->outputs < LEAST_WORK / c->n
                      ? 1
                      : (int)pg_size_min(jobs, (size_t)pg_threads());
    fits = fits && pg_size_multiply(&bytes, c->workspace, (size_t)workers);
    c->offsets = fits ? pg_malloc(offsets_bytes) : NULL;
    c->workspaces = fits ? pg_malloc(bytes) : NULL;
    if (!c->offsets || !c->workspaces) {
        status = pg_fail_memory(err, fits ? bytes : SIZE_MAX);
    } else {
        size_t *offset = c->offsets;
        for (size_t i = 0; i < c->kernel[0]; i++)
            for (size_t k = 0; k < v->channels; k++)
                for (size_t j = 0; j < c->kernel[1]; j++)
                    *offset++ = pg_canvas_place(v, k, i, j);
        pg_clear_bytes(c->workspaces, bytes);
        pg_parallel_for_workers(workers, jobs, convolve_group, c);
    }
    pg_free(c->offsets, offsets_bytes);
    pg_free(c->workspaces, bytes);
    pg_canvas_close(v);
    return status;
}

pg_dtype pg_convolution_dtype(const pg_array *a, const pg_array *b)
{
    pg_dtype dtype = pg_dtype_promote(a->dtype, b->dtype);
    return pg_dtype_is_float(dtype) ? dtype : PG_FLOAT64;
}

/* kernels (a, b, height, width) as weights (a, height, b, width). */
static pg_status copy_weights(pg_array *out, const pg_array *kernels,
                              pg_dtype dtype, pg_error *err)
{
    pg_array view;
    pg_swap_axes_view(&view, kernels, 1, 2);
    pg_status status = pg_array_as(out, &view, dtype, err);
    pg_array_release(&view);
    return status;
}

static pg_status check_forward(const pg_array *images, const pg_array *kernels,
                               pg_error *err)
{
    char ti[PG_SHAPE_TEXT], tk[PG_SHAPE_TEXT];
    if (images->ndim != 4 || kernels->ndim != 4)
        return pg_fail(err, PG_ESHAPE,
                       "conv2d: images (n, channels, height, width) and "
                       "kernels (outputs, channels, height, width) expected, "
                       "found shapes %s and %s",
                       pg_shape_text(ti, images), pg_shape_text(tk, kernels));
    if (images->shape[1] != kernels->shape[1])
        return pg_fail(err, PG_ESHAPE,
                       "conv2d: images of shape %s have %zu channels, kernels "
                       "of shape %s have %zu",
                       pg_shape_text(ti, images), images->shape[1],
                       pg_shape_text(tk, kernels), kernels->shape[1]);
    return PG_OK;
}

pg_status pg_conv2d(pg_array *out, const pg_array *images,
                    const pg_array *kernels, const pg_window *window,
                    pg_error *err)
{
    pg_array x = {0}, k = {0};
    size_t count[2];
    memset(out, 0, sizeof *out);
    pg_status status = check_forward(images, kernels, err);
    if (status != PG_OK)
        return status;
    pg_window w = *window;
    w.size[0] = kernels->shape[2];
    w.size[1] = kernels->shape[3];
    status = pg_window_count(count, &w, "conv2d", images, err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = pg_convolution_dtype(images, kernels);
    size_t shape[] = {images->shape[0], kernels->shape[0], count[0], count[1]};
    status = pg_array_as(&x, images, dtype, err);
    if (status == PG_OK)
        status = copy_weights(&k, kernels, dtype, err);
    if (status == PG_OK)
        status = pg_array_new(out, dtype, 4, shape, err);
    if (status == PG_OK && pg_array_size(out) > 0) {
        convolution c = {
            .canvas = {.kernels = pg_kernels_for(dtype),
                       .item = pg_dtype_size(dtype),
                       .channels = images->shape[1],
                       .height = images->shape[2],
                       .width = images->shape[3],
                       .canvas_height = images->shape[2] + 2 * w.padding[0],
                       .canvas_width = images->shape[3] + 2 * w.padding[1],
                       .origin = {(ptrdiff_t)w.padding[0],
                                  (ptrdiff_t)w.padding[1]},
                       .spacing = {1, 1},
                       .stride = {pg_window_stride(&w, 0, count[0]),
                                  pg_window_stride(&w, 1, count[1])}},
            .n = images->shape[0],
            .images = x.data,
            .weights = k.data,
            .out = out->data,
            .outputs = kernels->shape[0],
            .kernel = {w.size[0], w.size[1]},
            .down = count[0],
            .across = count[1],
            .taps = kernels->shape[1] * w.size[0] * w.size[1]};
        status = convolve(&c, err);
    }
    pg_array_release(&x);
    pg_array_release(&k);
    return pg_array_end(out, status, err);
}

/* Each pixel gets the gradients of the windows that it is in: a convolution of
   g, whose pixels stand `stride` apart, with the kernels turned by half a
   turn. */
pg_status pg_conv2d_input_gradient(pg_array *out, const pg_array *g,
                                   const pg_array *kernels,
                                   const size_t shape[4],
                                   const pg_window *window, pg_error *err)
{
    pg_array from = {0}, k = {0}, turned = {0}, images = {.ndim = 4};
    pg_window w = *window;
    memset(out, 0, sizeof *out);
    memcpy(images.shape, shape, 4 * sizeof *shape);
    pg_status status = pg_gradient_check(&w, "conv2d_input_gradient", g,
                                         &images, kernels, err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = pg_convolution_dtype(g, kernels);
    pg_swap_axes_view(&turned, kernels, 0, 1);
    pg_flip_view(&k, &turned, 2);
    pg_array_release(&turned);
    pg_flip_view(&turned, &k, 3);
    pg_array_release(&k);
    status = pg_array_as(&from, g, dtype, err);
    if (status == PG_OK)
        status = copy_weights(&k, &turned, dtype, err);
    if (status == PG_OK)
        status = pg_array_new(out, dtype, 4, shape, err);
    if (status == PG_OK && pg_array_size(out) > 0) {
        convolution c = {.canvas = {.kernels = pg_kernels_for(dtype),
                                    .item = pg_dtype_size(dtype),
                                    .channels = kernels->shape[0],
                                    .height = g->shape[2],
                                    .width = g->shape[3],
                                    .canvas_height = shape[2] + w.size[0] - 1,
                                    .canvas_width = shape[3] + w.size[1] - 1,
                                    .origin = {(ptrdiff_t)w.size[0] - 1 -
                                                   (ptrdiff_t)w.padding[0],
                                               (ptrdiff_t)w.size[1] - 1 -
                                                   (ptrdiff_t)w.padding[1]},
                                    .spacing = {w.stride[0], w.stride[1]},
                                    .stride = {1, 1}},
                         .n = shape[0],
                         .images = from.data,
                         .weights = k.data,
                         .out = out->data,
                         .outputs = shape[1],
                         .kernel = {w.size[0], w.size[1]},
                         .down = shape[2],
                         .across = shape[3],
                         .taps = kernels->shape[0] * w.size[0] * w.size[1]};
        status = convolve(&c, err);
    }
    pg_array_release(&from);
    pg_array_release(&turned);
    pg_array_release(&k);
    return pg_array_end(out, status, err);
}
