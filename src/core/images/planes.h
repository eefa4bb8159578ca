/*
 * planes.h -- pooling of planes: the pixels of each channel of each image.
 */
#ifndef PG_PLANES_H
#define PG_PLANES_H

#include "images/window.h"

typedef enum pg_pooling {
    PG_POOL_MAX,          /* windows = the greatest pixels, and positions */
    PG_POOL_MEAN,         /* windows = the means */
    PG_POOL_MEAN_GRADIENT /* pixels = their shares of the windows */
} pg_pooling;

typedef struct pg_planes {
    pg_pooling op;
    const pg_window *window;
    pg_dtype dtype;
    size_t count, height, width, down, across; /* of planes, pixels, windows */
    void *pixels;                              /* (count, height, width) */
    void *windows;                             /* (count, down, across) */
    int64_t *positions; /* of the greatest pixels, from 1; or NULL */
} pg_planes;

/* The planes of images (n, channels, height, width), whose windows are in an
   array (n, channels, down, across). Both are dense. */
pg_planes pg_planes_of(pg_pooling op, const pg_array *images,
                       const pg_array *windows, const pg_window *window);

/* Pools all planes, on all threads: as many side by side as a register has
   lanes, or one after the other where there are few. */
pg_status pg_planes_pool(const pg_planes *planes, pg_error *err);

#endif
