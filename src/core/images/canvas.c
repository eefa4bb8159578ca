/* The places of pixels on canvases, and their copies. */

#include "images/canvas.h"

#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"

size_t pg_canvas_side(const pg_kernels *kernels, size_t item, size_t n,
                      size_t channels, size_t height, size_t width)
{
    enum { MOST_BYTES = 1 << 20 };
    size_t lanes = kernels->lanes, bytes = item * lanes;
    size_t room = pg_size_divide_up(n, lanes) * lanes;
    bool fits = pg_size_multiply(&bytes, bytes, channels) &&
                pg_size_multiply(&bytes, bytes, height) &&
                pg_size_multiply(&bytes, bytes, width) && bytes <= MOST_BYTES;
    return fits && n >= room - room / 4 ? lanes : 1;
}

size_t pg_canvas_place(const pg_canvas *c, size_t channel, size_t i, size_t j)
{
    size_t phase = i % c->stride[0] * c->stride[1] + j % c->stride[1];
    size_t row = (phase * c->channels + channel) * c->rows + i / c->stride[0];
    return (row * c->columns + j / c->stride[1]) * c->side;
}

/* True if the pixel at an index is on the canvas, at *at. */
static bool is_inside(const pg_canvas *c, int axis, size_t index, size_t *at)
{
    size_t length = axis == 0 ? c->canvas_height : c->canvas_width;
    ptrdiff_t place = c->origin[axis] + (ptrdiff_t)(index * c->spacing[axis]);
    *at = (size_t)place;
    return place >= 0 && (size_t)place < length;
}

/* Pixels outside of the canvas get the place behind it. */
static void set_places(pg_canvas *c, size_t outside)
{
    size_t *place = c->places, i, j;
    for (size_t k = 0; k < c->channels; k++)
        for (size_t row = 0; row < c->height; row++) {
            bool is_row = is_inside(c, 0, row, &i);
            PG_EACH (column, c->width)
                *place++ = is_row && is_inside(c, 1, column, &j)
                               ? pg_canvas_place(c, k, i, j)
                               : outside;
        }
}

static void set_rows(pg_canvas *c)
{
    size_t at;
    c->first = c->end = 0;
    for (size_t row = 0; row < c->height; row++)
        if (is_inside(c, 0, row, &at)) {
            c->first = c->end == 0 ? at : c->first;
            c->end = at + 1;
        }
}

pg_status pg_canvas_open(pg_canvas *c, pg_error *err)
{
    size_t bytes, pixels = c->channels * c->height * c->width;
    c->rows = pg_size_divide_up(c->canvas_height, c->stride[0]);
    c->columns = pg_size_divide_up(c->canvas_width, c->stride[1]);
    size_t factors[] = {c->stride[0], c->stride[1], c->channels,
                        c->rows,      c->columns,   c->side};
    c->size = 1;
    for (int i = 0; i < 6; i++)
        if (!pg_size_multiply(&c->size, c->size, factors[i]))
            return pg_fail_memory(err, SIZE_MAX);
    if (c->size > PTRDIFF_MAX / 16 ||
        !pg_size_multiply(&bytes, pixels, sizeof *c->places))
        return pg_fail_memory(err, SIZE_MAX);
    c->places = pg_malloc(bytes);
    if (!c->places)
        return pg_fail_memory(err, bytes);
    set_rows(c);
    set_places(c, c->size);
    size_t lanes = c->kernels->lanes;
    c->size = (pg_size_divide_up(c->size, lanes) + 1) * lanes;
    pg_status status = pg_check_interrupt(err);
    if (status != PG_OK)
        pg_canvas_close(c);
    return status;
}

void pg_canvas_close(pg_canvas *c)
{
    pg_free(c->places, c->channels * c->height * c->width * sizeof *c->places);
    c->places = NULL;
}

#define SCATTER(type)                                          \
    static void scatter_##type(type *out, const type *in,      \
                               const size_t *places, size_t n) \
    {                                                          \
        for (size_t i = 0; i < n; i++)                         \
            out[places[i]] = in[i];                            \
    }

SCATTER(float)
SCATTER(double)
PG_EXPECT_FLOATS(2);

void pg_canvas_fill(const pg_canvas *c, void *out, const void *images,
                    size_t leading, size_t count)
{
    size_t pixels = c->channels * c->height * c->width, width = c->width;
    if (c->side > 1) {
        c->kernels->images_to_lanes(out, c->places, images, leading, count,
                                    pixels);
        return;
    }
    bool is_dense = c->stride[1] == 1 && c->spacing[1] == 1;
    for (size_t p = 0; p < pixels; p += width) {
        const size_t *place = c->places + p;
        const char *in = (const char *)images + p * c->item;
        if (is_dense && place[width - 1] == place[0] + width - 1)
            memcpy((char *)out + place[0] * c->item, in, width * c->item);
        else if (c->item == sizeof(float))
            scatter_float(out, (const float *)in, place, width);
        else
            scatter_double(out, (const double *)in, place, width);
    }
}
