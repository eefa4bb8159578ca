/*
 * png.h -- pictures in PNG files, read and written by libpng.
 *
 * The format (ISO/IEC 15948): a signature of 8 bytes, and chunks. A chunk is
 * the length of its data (4 bytes, the most significant first), a name of 4
 * letters, the data, and the CRC-32 of name and data. IHDR comes first: width,
 * height (4 bytes each), bits of a sample, colour type, compression, filter,
 * interlacing (a byte each). IDAT chunks hold the pixels, deflated; tRNS adds
 * alpha; IEND is the last. Bytes behind it are ignored.
 *
 * libpng is loaded when it is needed and closed afterwards: nothing is linked
 * to it. png.c declares the part of libpng 1.6's simplified API that it calls
 * (libpng-manual.txt, "Simplified API").
 *
 * A picture is a uint8 array: (height, width) of grey, (height, width, 2) with
 * alpha, (height, width, 3) of red, green and blue, (height, width, 4) with
 * alpha.
 */
#ifndef PG_PNG_H
#define PG_PNG_H

#include "array/array.h"

/* Reads a picture. Grey of fewer than 8 bits and palettes are widened; 16 bits
   are rounded to 8, but interlaced ones are refused. A file for another gamma
   than sRGB's is converted. PG_EFORMAT for a file that is not PNG, or damaged
   anywhere; PG_EIO if it cannot be read or there is no libpng. Memory for the
   pixels is allocated only if the file's data can inflate to them, or if it is
   at most 64 MB. PG_EARG if the array takes more than max_bytes. */
pg_status pg_png_load(pg_array *out, const char *path, uint64_t max_bytes,
                      pg_error *err);

/* *shape = the height, the width and the samples of a pixel (1, 2, 3 or 4) that
   pg_png_load would give. It reads no pixels; errors are as there. */
enum { PG_PNG_NDIM = 3 };
pg_status pg_png_shape(size_t shape[PG_PNG_NDIM], const char *path,
                       pg_error *err);

/* Keeps libpng loaded until pg_png_drop, so that many pictures are read sooner.
   PG_EIO if there is no libpng. */
pg_status pg_png_hold(void **library, pg_error *err);
void pg_png_drop(void *library);

/* Writes a picture, whole or not at all; (height, width, 1) is grey, too.
   PG_EDTYPE and PG_ESHAPE for an array that is no picture, or larger than
   libpng writes. */
pg_status pg_png_save(const char *path, const pg_array *a, pg_error *err);

#endif
