/*
 * array.h -- arrays: views of counted storage with a dtype, a shape and
 * strides.
 *
 * A pg_array is a plain struct that its owner holds by value; the elements
 * live in a pg_storage that all views of them share, and that the last view
 * frees. Rank 0 (one element) to PG_MAXDIM. Strides are in bytes and may be
 * negative or 0. A zeroed struct is the empty array: no storage, and releasing
 * it does nothing. Axes count from 0.
 *
 * The functions called _view share a's storage and copy no element.
 */
#ifndef PG_ARRAY_H
#define PG_ARRAY_H

#include "array/dtype.h"

enum { PG_MAXDIM = 8 };

typedef struct pg_storage pg_storage;

typedef struct pg_array {
    pg_storage *storage; /* NULL: empty, or borrowed data */
    void *data;          /* the element at index 0 of each axis */
    pg_dtype dtype;
    int ndim;
    bool is_placed; /* the storage is (storage.h): views do not count */
    size_t shape[PG_MAXDIM];
    ptrdiff_t strides[PG_MAXDIM]; /* bytes */
} pg_array;

/* --- new arrays ----------------------------------------------------------- */

/* A new C-contiguous array, elements not initialised (_zeros: all bytes 0).
   PG_ENOMEM if there is no memory for it, PG_ESHAPE if the rank is too high. */
pg_status pg_array_new(pg_array *out, pg_dtype dtype, int ndim,
                       const size_t *shape, pg_error *err);
pg_status pg_array_zeros(pg_array *out, pg_dtype dtype, int ndim,
                         const size_t *shape, pg_error *err);

/* Finishes a new array after it was filled: returns status, or PG_EINTERRUPT if
   the filling was interrupted. Releases the array unless that is PG_OK. */
pg_status pg_array_end(pg_array *out, pg_status status, pg_error *err);

/* A C-contiguous array whose elements stay in a file (pg_storage_map), from
   offset `at` on, a multiple of the dtype's size. PG_EIO with the file's name,
   or PG_ENOMEM, if it cannot be mapped. */
pg_status pg_array_map(pg_array *out, int file, uint64_t at, pg_dtype dtype,
                       int ndim, const size_t *shape, const char *name,
                       pg_error *err);

/* A C-contiguous array over memory that the caller keeps alive: no storage,
   nothing to release. The rank must be valid, and the memory aligned to the
   dtype's size. */
void pg_array_borrow(pg_array *out, void *data, pg_dtype dtype, int ndim,
                     const size_t *shape);

/* Ends this view; the last view of a storage frees it. */
void pg_array_release(pg_array *a);

/* Moves the elements into memory of the caller (pg_storage_place), if a is the
   only view of its storage and this has at most `room` bytes. Borrowed elements
   stay. */
void pg_array_place(pg_array *a, void *memory, size_t room);

/* --- properties ----------------------------------------------------------- */

size_t pg_array_size(const pg_array *a);        /* number of elements */
size_t pg_array_bytes(const pg_array *a);       /* size * bytes of an element */
bool pg_array_is_contiguous(const pg_array *a); /* in C order, without gaps */
bool pg_array_same_shape(const pg_array *a, const pg_array *b);
bool pg_array_same_view(const pg_array *a, const pg_array *b);

/* True if both are views of one storage. */
bool pg_array_shares_storage(const pg_array *a, const pg_array *b);

/* True if the bytes between the first and the last of each overlap, too: they
   may have an element in common. */
bool pg_array_may_share_memory(const pg_array *a, const pg_array *b);

/* PG_EARG unless a has this axis. */
pg_status pg_axis_check(const pg_array *a, int axis, pg_error *err);

/* Writes "(60000, 784)" into a buffer of PG_SHAPE_TEXT bytes, and returns it.
   Lengths that do not fit become "...". */
enum { PG_SHAPE_TEXT = 200 };
const char *pg_shape_text(char *text, const pg_array *a);
const char *pg_shape_text_of(char *text, int ndim, const size_t *shape);

/* --- views ---------------------------------------------------------------- */

void pg_array_view(pg_array *out, const pg_array *a);

/* Axes in reverse order. */
void pg_array_transpose_view(pg_array *out, const pg_array *a);

/* Axis i of the view is axis axes[i] of a. PG_EARG unless each is named
   once. */
pg_status pg_permute_view(pg_array *out, const pg_array *a, const int *axes,
                          int count, pg_error *err);

/* Axes i and j exchanged; a must have both. */
void pg_swap_axes_view(pg_array *out, const pg_array *a, int i, int j);

/* Axis `from` becomes axis `to`; the others keep their order. a must have
   both. */
void pg_move_axis_view(pg_array *out, const pg_array *a, int from, int to);

/* Without one axis of length 1, or by PG_EVERY_AXIS without all of them.
   PG_ESHAPE if the axis is longer, PG_EARG if a does not have it. */
enum { PG_EVERY_AXIS = -1 };
pg_status pg_squeeze_view(pg_array *out, const pg_array *a, int axis,
                          pg_error *err);

/* With another axis of length 1, which becomes axis 0 to a->ndim. PG_EARG for
   any other, PG_ESHAPE if the rank becomes too high. */
pg_status pg_expand_view(pg_array *out, const pg_array *a, int axis,
                         pg_error *err);

/* In reverse order along the axis, which a must have, or along PG_EVERY_AXIS.
 */
void pg_flip_view(pg_array *out, const pg_array *a, int axis);

/* Rows first .. first + count - 1; the rank must be at least 1, and the range
   within axis 0. */
void pg_array_rows_view(pg_array *out, const pg_array *a, size_t first,
                        size_t count);

/* a broadcast to shape: axes of length 1, and those missing in front, get
   stride 0. PG_ESHAPE if it does not broadcast, or the rank is too high. */
pg_status pg_array_broadcast_view(pg_array *out, const pg_array *a, int ndim,
                                  const size_t *shape, pg_error *err);

/* a's elements in row-major order under another shape, of which one length may
   be PG_INFER. Without strides for it, *possible becomes false, and *out empty:
   pg_array_reshape (copy.h) then copies. PG_ESHAPE if the sizes differ, PG_EARG
   for a second PG_INFER. */
#define PG_INFER SIZE_MAX
pg_status pg_array_reshape_view(pg_array *out, bool *possible,
                                const pg_array *a, int ndim,
                                const size_t *shape, pg_error *err);

/* The shape to which a and b broadcast together. PG_ESHAPE names both. */
pg_status pg_broadcast_shape(int *ndim, size_t *shape, const pg_array *a,
                             const pg_array *b, pg_error *err);

#endif
