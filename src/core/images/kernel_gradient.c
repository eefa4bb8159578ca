/* The gradient of a convolution by its kernels. */

#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "images/canvas.h"
#include "images/convolution.h"

pg_status pg_gradient_check(pg_window *window, const char *name,
                            const pg_array *g, const pg_array *images,
                            const pg_array *kernels, pg_error *err)
{
    char tg[PG_SHAPE_TEXT], ti[PG_SHAPE_TEXT], tk[PG_SHAPE_TEXT];
    size_t count[2];
    if (g->ndim != 4 || images->ndim != 4 || kernels->ndim != 4)
        return pg_fail(err, PG_ESHAPE,
                       "%s: arrays of rank 4 expected, found gradients of "
                       "shape %s, images %s and kernels %s",
                       name, pg_shape_text(tg, g), pg_shape_text(ti, images),
                       pg_shape_text(tk, kernels));
    window->size[0] = kernels->shape[2];
    window->size[1] = kernels->shape[3];
    pg_status status = pg_window_count(count, window, name, images, err);
    if (status != PG_OK)
        return status;
    size_t expected[] = {images->shape[0], kernels->shape[0], count[0],
                         count[1]};
    if (images->shape[1] != kernels->shape[1] ||
        memcmp(g->shape, expected, sizeof expected) != 0)
        return pg_fail(err, PG_ESHAPE,
                       "%s: gradients of shape %s do not fit images of shape "
                       "%s and kernels of shape %s",
                       name, pg_shape_text(tg, g), pg_shape_text(ti, images),
                       pg_shape_text(tk, kernels));
    return PG_OK;
}

/* A job has the sums of some images, a batch, for some outputs, a group. Images
   and gradients are laid out alike: the registers of a window's rows are
   multiplied with those of the pixels behind each tap. */
typedef struct kernel_gradient {
    pg_canvas x, g; /* g of one output */
    size_t n, batch, batches, outputs, group, groups;
    const char *images, *gradients;
    size_t taps, *offsets; /* of each tap, on a canvas of x */
    char *sums;            /* (batches, outputs, taps) */
    char *workspaces;      /* canvases for each worker */
    size_t workspace;      /* bytes of each */
} kernel_gradient;

static void correlate_group(void *context, size_t job, int worker)
{
    const kernel_gradient *c = context;
    const pg_canvas *x = &c->x, *g = &c->g;
    size_t item = x->item, pixels = x->channels * x->height * x->width;
    size_t plane = g->height * g->width;
    size_t batch = job / c->groups, first = job % c->groups * c->group;
    size_t count = pg_size_min(c->group, c->outputs - first);
    size_t end = pg_size_min(c->n, (batch + 1) * c->batch);
    char *x_canvas = c->workspaces + (size_t)worker * c->workspace;
    char *g_canvas = x_canvas + x->size * item;
    char *sums = c->sums + (batch * c->outputs + first) * c->taps * item;
    memset(sums, 0, count * c->taps * item);
    for (size_t i = batch * c->batch; i < end; i += x->side) {
        size_t images = pg_size_min(x->side, end - i);
        const char *from =
            c->gradients + (i * c->outputs + first) * plane * item;
        pg_canvas_fill(x, x_canvas, c->images + i * pixels * item, pixels,
                       images);
        for (size_t o = 0; o < count; o++)
            pg_canvas_fill(g, g_canvas + o * g->size * item,
                           from + o * plane * item, c->outputs * plane, images);
        x->kernels->correlate(sums, count, g_canvas, g->size,
                              g->columns * g->side, x_canvas, c->offsets,
                              c->taps, x->columns * x->side, g->height,
                              g->width * g->side);
    }
}

#define ADD(type)                                                  \
    static void add_##type(type *sums, const type *more, size_t n) \
    {                                                              \
        PG_EACH (i, n)                                             \
            sums[i] += more[i];                                    \
    }

ADD(float)
ADD(double)
PG_EXPECT_FLOATS(2);

/* The sums of all batches, the leaves of a binary tree. */
static void add_batches(const kernel_gradient *c)
{
    size_t n = c->outputs * c->taps, row = n * c->x.item;
    for (size_t step = 1; step < c->batches; step *= 2)
        for (size_t i = 0; i + step < c->batches; i += 2 * step) {
            char *sums = c->sums + i * row, *more = sums + step * row;
            if (c->x.item == sizeof(float))
                add_float((float *)sums, (const float *)more, n);
            else
                add_double((double *)sums, (const double *)more, n);
        }
}

/* By the data's shape alone, or the bits would depend on the threads. */
static void set_batches(kernel_gradient *c)
{
    enum { GROUP = 16, SMALL_GROUP = 4, MOST_BATCHES = 16, ROOM = 1 << 24 };
    size_t side = c->x.side, places = pg_size_divide_up(c->n, side);
    size_t row = c->outputs * c->taps * c->x.item;
    size_t batches = pg_size_min(MOST_BATCHES, 1 + ROOM / row);
    c->batch = pg_size_divide_up(places, pg_size_min(batches, places)) * side;
    c->batches = pg_size_divide_up(c->n, c->batch);
    c->group = side > 1 ? GROUP : SMALL_GROUP;
    c->groups = pg_size_divide_up(c->outputs, c->group);
}

/* Writes the sums of batch 0, which has all in the end, to out. */
static pg_status correlate(kernel_gradient *c, void *out, const size_t *size,
                           pg_error *err)
{
    enum {
        LEAST_WORK = 100000
    }; /* multiply-adds that more threads are worth */
    size_t item = c->x.item, work = c->taps * c->g.height * c->g.width;
    size_t offsets_bytes = c->taps * sizeof *c->offsets;
    set_batches(c);
    size_t jobs = c->batches * c->groups;
    int workers = work * c->outputs < LEAST_WORK / c->n
                      ? 1
                      : (int)pg_size_min(jobs, (size_t)pg_threads());
    size_t room, bytes, sums_bytes = c->outputs * c->taps * item;
    if (!pg_size_multiply(&room, c->g.size, c->group) ||
        room > PTRDIFF_MAX / 16 ||
        !pg_size_multiply(&sums_bytes, sums_bytes, c->batches))
        return pg_fail_memory(err, SIZE_MAX);
    c->workspace = pg_size_lines((c->x.size + room) * item);
    if (!pg_size_multiply(&bytes, c->workspace, (size_t)workers))
        return pg_fail_memory(err, SIZE_MAX);
    c->offsets = pg_malloc(offsets_bytes);
    c->workspaces = pg_malloc(bytes);
    c->sums = pg_malloc(sums_bytes);
    pg_status status = PG_OK;
    if (!c->offsets || !c->workspaces || !c->sums) {
        status = pg_fail_memory(err, bytes);
    } else {
        size_t *offset = c->offsets;
        for (size_t k = 0; k < c->x.channels; k++)
            for (size_t i = 0; i < size[0]; i++)
                for (size_t j = 0; j < size[1]; j++)
                    *offset++ = pg_canvas_place(&c->x, k, i, j);
        pg_clear_bytes(c->workspaces, bytes);
        pg_parallel_for_workers(workers, jobs, correlate_group, c);
        status = pg_check_interrupt(err);
    }
    if (status == PG_OK) {
        add_batches(c);
        pg_copy_bytes(out, c->sums, sums_bytes / c->batches);
    }
    pg_free(c->offsets, offsets_bytes);
    pg_free(c->workspaces, bytes);
    pg_free(c->sums, sums_bytes);
    return status;
}

/* Opens both canvases. */
static pg_status run(kernel_gradient *c, void *out, const size_t *size,
                     pg_error *err)
{
    pg_status status = pg_canvas_open(&c->x, err);
    if (status == PG_OK)
        status = pg_canvas_open(&c->g, err);
    if (status == PG_OK)
        status = correlate(c, out, size, err);
    pg_canvas_close(&c->x);
    pg_canvas_close(&c->g);
    return status;
}

pg_status pg_conv2d_kernel_gradient(pg_array *out, const pg_array *g,
                                    const pg_array *images,
                                    const size_t shape[4],
                                    const pg_window *window, pg_error *err)
{
    pg_array from = {0}, x = {0}, kernels = {.ndim = 4};
    pg_window w = *window;
    memset(out, 0, sizeof *out);
    memcpy(kernels.shape, shape, 4 * sizeof *shape);
    pg_status status = pg_gradient_check(&w, "conv2d_kernel_gradient", g,
                                         images, &kernels, err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = pg_convolution_dtype(g, images);
    bool is_empty = pg_array_size(g) == 0 || pg_array_size(images) == 0;
    status = pg_array_as(&from, g, dtype, err);
    if (status == PG_OK)
        status = pg_array_as(&x, images, dtype, err);
    if (status == PG_OK)
        status = is_empty ? pg_array_zeros(out, dtype, 4, shape, err)
                          : pg_array_new(out, dtype, 4, shape, err);
    if (status == PG_OK && !is_empty) {
        const pg_kernels *table = pg_kernels_for(dtype);
        size_t item = pg_dtype_size(dtype);
        size_t height = images->shape[2] + 2 * w.padding[0];
        size_t width = images->shape[3] + 2 * w.padding[1];
        size_t lanes = table->lanes;
        size_t side = pg_canvas_side(table, item, images->shape[0],
                                     images->shape[1], height, width);
        /* Rows of one image end in zeros, as registers are multiplied. */
        size_t columns = side > 1
                             ? g->shape[3]
                             : pg_size_divide_up(g->shape[3], lanes) * lanes;
        kernel_gradient c = {
            .x = {.kernels = table,
                  .item = item,
                  .side = side,
                  .channels = images->shape[1],
                  .height = images->shape[2],
                  .width = images->shape[3],
                  .canvas_height = height,
                  .canvas_width = width,
                  .origin = {(ptrdiff_t)w.padding[0], (ptrdiff_t)w.padding[1]},
                  .spacing = {1, 1},
                  .stride = {pg_window_stride(&w, 0, g->shape[2]),
                             pg_window_stride(&w, 1, g->shape[3])}},
            .g = {.kernels = table,
                  .item = item,
                  .side = side,
                  .channels = 1,
                  .height = g->shape[2],
                  .width = g->shape[3],
                  .canvas_height = g->shape[2],
                  .canvas_width = columns,
                  .spacing = {1, 1},
                  .stride = {1, 1}},
            .n = images->shape[0],
            .images = x.data,
            .gradients = from.data,
            .outputs = shape[0],
            .taps = shape[1] * shape[2] * shape[3]};
        status = run(&c, out->data, w.size, err);
    }
    pg_array_release(&from);
    pg_array_release(&x);
    return pg_array_end(out, status, err);
}
