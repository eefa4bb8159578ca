/*
 * png.h -- pictures as PNG files, by libpng's simplified API.
 *
 * The library is loaded when it is needed, and let go of afterwards: nothing is
 * linked to it, and what is here knows its interface by the description in its
 * manual (libpng-manual.txt, section "Simplified API"), which libpng 1.6 keeps.
 *
 * A picture is a uint8 array: (height, width) of grey, (height, width, 2) with
 * alpha, (height, width, 3) of red, green and blue, (height, width, 4) with
 * alpha.
 */
#ifndef PG_PNG_H
#define PG_PNG_H

#include "array/array.h"

/* The picture, new. Grey of fewer than 8 bits and palettes are widened; of 16
   bits the upper 8 are kept, rounded, but interlaced ones are refused. A file
   that says it was made for another gamma than a screen's is converted.
   PG_EFORMAT for what is no PNG file, or damaged anywhere; PG_EIO where it
   cannot be read, or libpng is not there. Memory is only asked for when the
   file is long enough for the pixels that are returned (png_chunks.h). */
pg_status pg_png_load(pg_array *out, const char *path, pg_error *err);

/* Writes it: whole or not at all. Also takes (height, width, 1). PG_EDTYPE and
   PG_ESHAPE for what is no picture, or larger than the format. */
pg_status pg_png_save(const char *path, const pg_array *a, pg_error *err);

#endif
