/* Convolutions: images cut into phases, and kernels that move along rows. */

#include "images/convolution.h"

#include <string.h>

#include "array/copy.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

/* A window of stride s reads each s-th pixel of a row. So an image is copied as
   s x s phases: phase (i, j) has each s-th row from the i-th on, and of it each
   s-th pixel from the j-th on, with zeros around. Then windows that are
   neighbours read pixels that are neighbours, and the windows of all rows are
   one row of sums; the sums at the ends of rows, whose windows continue in the
   next row, are left out. */
typedef struct convolution {
    const pg_kernels *kernels;
    size_t item; /* bytes */
    pg_window window;
    const char *images, *weights;
    char *out;
    size_t channels, height, width;     /* of an image */
    size_t outputs, kernel[2];          /* the size of a kernel */
    size_t down, across;                /* windows */
    size_t phase_height, phase_width;   /* pixels */
    size_t taps, *offsets;              /* of each tap, in a copied image */
    size_t image_size, sums, sums_room; /* elements */
    size_t groups;                      /* of outputs, for each image */
    char *workspaces;                   /* an image and sums for each worker */
    size_t workspace;                   /* bytes of each */
} convolution;

enum { GROUP = 16 }; /* outputs of a job */

/* Copies a row of pixels into the phases: each s-th one to the same phase. */
static void copy_row(const convolution *c, char *phases, const char *pixels)
{
    size_t stride = c->window.stride[1], padding = c->window.padding[1];
    size_t phase = c->channels * c->phase_height * c->phase_width;
    if (stride == 1) {
        memcpy(phases + padding * c->item, pixels, c->width * c->item);
        return;
    }
    for (size_t j = 0; j < c->width; j++) {
        size_t at = j + padding;
        memcpy(phases + (at % stride * phase + at / stride) * c->item,
               pixels + j * c->item, c->item);
    }
}

/* Pixels of the zeros around stay 0 from one image to the next. */
static void copy_image(const convolution *c, char *out, const char *image)
{
    size_t stride = c->window.stride[0], row_bytes = c->width * c->item;
    size_t phase = c->channels * c->phase_height * c->phase_width;
    for (size_t k = 0; k < c->channels; k++)
        for (size_t i = 0; i < c->height; i++, image += row_bytes) {
            size_t at = i + c->window.padding[0];
            size_t first = at % stride * c->window.stride[1] * phase +
                           (k * c->phase_height + at / stride) * c->phase_width;
            copy_row(c, out + first * c->item, image);
        }
}

static void convolve_group(void *context, size_t job, int worker)
{
    const convolution *c = context;
    size_t n = job / c->groups, first = job % c->groups * GROUP;
    size_t count = pg_size_min(GROUP, c->outputs - first);
    char *image = c->workspaces + (size_t)worker * c->workspace;
    char *sums = image + c->image_size * c->item;
    copy_image(c, image,
               c->images + n * c->channels * c->height * c->width * c->item);
    c->kernels->convolve(sums, c->sums_room, count,
                         c->weights + first * c->taps * c->item, c->taps, image,
                         c->offsets, c->sums);
    size_t row_bytes = c->across * c->item;
    char *out = c->out + (n * c->outputs + first) * c->down * row_bytes;
    for (size_t o = 0; o < count; o++)
        for (size_t i = 0; i < c->down; i++, out += row_bytes)
            memcpy(out,
                   sums + (o * c->sums_room + i * c->phase_width) * c->item,
                   row_bytes);
}

static void set_offsets(convolution *c)
{
    size_t *offset = c->offsets;
    const size_t *stride = c->window.stride;
    for (size_t k = 0; k < c->channels; k++)
        for (size_t i = 0; i < c->kernel[0]; i++)
            for (size_t j = 0; j < c->kernel[1]; j++) {
                size_t phase = i % stride[0] * stride[1] + j % stride[1];
                *offset++ = ((phase * c->channels + k) * c->phase_height +
                             i / stride[0]) *
                                c->phase_width +
                            j / stride[1];
            }
}

static bool multiply(size_t *product, size_t count, const size_t *factors)
{
    *product = 1;
    for (size_t i = 0; i < count; i++)
        if (!pg_size_multiply(product, *product, factors[i]))
            return false;
    return true;
}

/* Sets the sizes of a copied image and of its sums; false if they do not fit
   into memory. */
static bool set_sizes(convolution *c)
{
    const pg_window *w = &c->window;
    c->phase_height =
        pg_size_divide_up(c->height + 2 * w->padding[0], w->stride[0]);
    c->phase_width =
        pg_size_divide_up(c->width + 2 * w->padding[1], w->stride[1]);
    size_t lanes = c->kernels->lanes;
    size_t sums = (c->down - 1) * c->phase_width + c->across;
    c->sums = sums;
    c->sums_room = pg_size_divide_up(sums, lanes) * lanes;
    size_t sizes[] = {w->stride[0], w->stride[1], c->channels, c->phase_height,
                      c->phase_width};
    if (!multiply(&c->image_size, 5, sizes) ||
        c->image_size > PTRDIFF_MAX / 16 || c->sums_room > PTRDIFF_MAX / 1024)
        return false;
    c->image_size = pg_size_divide_up(c->image_size + lanes, lanes) * lanes;
    c->workspace = (c->image_size + GROUP * c->sums_room) * c->item;
    return true;
}

static pg_status convolve(convolution *c, size_t n, pg_error *err)
{
    enum {
        LEAST_WORK = 100000
    }; /* multiply-adds that more threads are worth */
    size_t jobs = n * c->groups, work = c->taps * c->sums, bytes;
    int workers = work * c->outputs < LEAST_WORK / n
                      ? 1
                      : (int)pg_size_min(jobs, (size_t)pg_threads());
    size_t offsets_bytes = c->taps * sizeof *c->offsets;
    if (!pg_size_multiply(&bytes, c->workspace, (size_t)workers))
        return pg_fail_memory(err, SIZE_MAX);
    c->offsets = pg_malloc(offsets_bytes);
    c->workspaces = pg_malloc(bytes);
    pg_status status = PG_OK;
    if (!c->offsets || !c->workspaces) {
        status = pg_fail_memory(err, bytes);
    } else {
        set_offsets(c);
        pg_clear_bytes(c->workspaces, bytes);
        pg_parallel_for_workers(workers, jobs, convolve_group, c);
    }
    pg_free(c->offsets, offsets_bytes);
    pg_free(c->workspaces, bytes);
    return status;
}

static pg_status check_shapes(const pg_array *images, const pg_array *kernels,
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
    pg_status status = check_shapes(images, kernels, err);
    if (status != PG_OK)
        return status;
    pg_window w = *window;
    w.size[0] = kernels->shape[2];
    w.size[1] = kernels->shape[3];
    status = pg_window_count(count, &w, "conv2d", images, err);
    if (status != PG_OK)
        return status;
    pg_dtype dtype = pg_dtype_promote(images->dtype, kernels->dtype);
    if (!pg_dtype_is_float(dtype))
        dtype = PG_FLOAT64;
    size_t shape[] = {images->shape[0], kernels->shape[0], count[0], count[1]};
    status = pg_array_as(&x, images, dtype, err);
    if (status == PG_OK)
        status = pg_array_as(&k, kernels, dtype, err);
    if (status == PG_OK)
        status = pg_array_new(out, dtype, 4, shape, err);
    convolution c = {.kernels = pg_kernels_for(dtype),
                     .item = pg_dtype_size(dtype),
                     .window = w,
                     .images = x.data,
                     .weights = k.data,
                     .out = out->data,
                     .channels = images->shape[1],
                     .height = images->shape[2],
                     .width = images->shape[3],
                     .outputs = kernels->shape[0],
                     .kernel = {w.size[0], w.size[1]},
                     .down = count[0],
                     .across = count[1],
                     .taps = kernels->shape[1] * w.size[0] * w.size[1],
                     .groups = pg_size_divide_up(kernels->shape[0], GROUP)};
    if (status == PG_OK && pg_array_size(out) > 0)
        status = set_sizes(&c) ? convolve(&c, shape[0], err)
                               : pg_fail_memory(err, SIZE_MAX);
    pg_array_release(&x);
    pg_array_release(&k);
    return pg_array_end(out, status, err);
}
