/*
 * canvas.h -- images laid out so that windows which are neighbours read pixels
 * which are neighbours.
 *
 * A canvas is a plane of zeros for each channel; an image's pixels stand on it,
 * `spacing` apart from an origin on. Windows of stride s read each s-th pixel
 * of its rows. So the plane is cut into s x s phases: phase (i, j) has each
 * s-th row from the i-th on, and of it each s-th pixel from the j-th on.
 *
 * A place of a canvas holds a pixel of one image, or of as many images as a
 * register has lanes: then windows of any width fill whole registers.
 */
#ifndef PG_CANVAS_H
#define PG_CANVAS_H

#include "array/array.h"
#include "kernels/kernels.h"

typedef struct pg_canvas {
    /* Set by the caller. */
    const pg_kernels *kernels;
    size_t item;                    /* bytes */
    size_t side;                    /* images at a place: 1, or the lanes */
    size_t channels, height, width; /* of an image */
    size_t canvas_height, canvas_width;
    ptrdiff_t origin[2]; /* of the image's first pixel; may be outside */
    size_t spacing[2], stride[2];

    /* Set by pg_canvas_open. */
    size_t rows, columns; /* places of a phase */
    size_t first, end;    /* rows of the canvas that may have pixels */
    size_t size;          /* elements, a register's behind the last place too */
    size_t *places;       /* the element of each pixel of an image */
} pg_canvas;

/* The images at a place for n images on such canvases: the lanes if few of them
   stay empty, and if a canvas fits into level 2 cache. */
size_t pg_canvas_side(const pg_kernels *kernels, size_t item, size_t n,
                      size_t channels, size_t height, size_t width);

/* PG_ENOMEM, or PG_EINTERRUPT before all places are set; pg_canvas_close frees
   the memory. */
pg_status pg_canvas_open(pg_canvas *canvas, pg_error *err);
void pg_canvas_close(pg_canvas *canvas);

/* Places `count` images, at most `side` and `leading` elements apart, on a
   canvas in memory that was 0 before the first of them. */
void pg_canvas_fill(const pg_canvas *canvas, void *out, const void *images,
                    size_t leading, size_t count);

/* The element of row i and column j of a channel. */
size_t pg_canvas_place(const pg_canvas *canvas, size_t channel, size_t i,
                       size_t j);

#endif
